#!/usr/bin/env python3
"""Each style check finds what it is for, and nothing in a file that is as it should be."""
import os
import stat
import tempfile
import unittest

import style


class Style(unittest.TestCase):
    def findings(self, check, files, run_bit=True):
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                full = os.path.join(root, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, 'w', encoding='utf-8') as file:
                    file.write(text)
                os.chmod(full, stat.S_IRWXU if run_bit else stat.S_IRUSR)
            return list(check(style.Tree(root)))

    def expect(self, count, check, path, text, **options):
        self.assertEqual(len(self.findings(check, {path: text}, **options)), count, text)

    def test_an_include_against_the_arrow_is_found(self):
        self.expect(1, style.includes, 'conf/a.h', '#include "filters/b.h"\n')
        self.expect(1, style.includes, 'filters/a.cc', '#include <event2/event.h>\n')
        self.expect(0, style.includes, 'proxy/a.cc', '#include <event2/event.h>\n#include "filters/b.h"\n')
        self.expect(0, style.includes, 'filters/a.cc', '#include "conf/b.h"\n')
        self.expect(1, style.includes, 'filters/graphql/a.cc', '#include "filters/request.h"\n')
        self.expect(0, style.includes, 'filters/graphql/a.cc', '#include "filters/graphql/request.h"\n')

    def test_a_long_file_and_a_wide_line_are_found(self):
        self.expect(0, style.size, 'conf/a.cc', 'int a;\n' * 500)
        self.expect(1, style.size, 'conf/a.cc', 'int a;\n' * 501)
        self.expect(1, style.size, 'conf/a.cc', 'int ' + 'a' * 100 + ';\n')

    def test_a_file_that_clang_format_would_change_is_found(self):
        self.expect(0, style.form, 'conf/a.cc', 'int a;\n')
        self.expect(1, style.form, 'conf/a.cc', 'int   a  ;\n')

    def test_a_path_of_one_machine_is_found(self):
        self.expect(1, style.words, 'conf/a.cc', '// see /ho' + 'me/me\n')
        self.expect(0, style.words, 'conf/a.cc', '// see /etc/tollgate and a/work\n')

    def test_a_test_that_sleeps_is_found(self):
        self.expect(1, style.sleeps, 'tests/unit/a_test.cc', 'std::this_thread::sleep_for(1s);\n')
        self.expect(0, style.sleeps, 'tests/real/a.cc', 'sleep(1);\n')

    def test_a_script_with_a_fault_or_without_a_run_bit_is_found(self):
        self.expect(0, style.scripts, 'a/b.sh', '#!/bin/sh\necho "$1"\n')
        self.expect(1, style.scripts, 'a/b.sh', '#!/bin/sh\necho $1\n')
        self.expect(1, style.scripts, 'a/b.sh', '#!/bin/sh\necho "$1"\n', run_bit=False)

    def test_a_fuzz_target_that_is_not_built_or_has_no_corpus_is_found(self):
        target = 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {\n'
        good = {'tests/fuzz/a_fuzz.cc': target, 'tests/fuzz/corpus/a_fuzz/seed': ''}
        self.assertEqual(self.findings(style.corpora, good), [])
        for wrong in ({'tests/fuzz/a_fuzz.cc': target}, {'tests/fuzz/a.cc': target}, {'tests/unit/a_fuzz.cc': target},
                      {'tests/fuzz/corpus/a_fuzz/seed': ''}):
            self.assertEqual(len(self.findings(style.corpora, wrong)), 1, wrong)

    def test_a_lesson_without_its_test_is_found(self):
        row = '| 1 | what | why | `Suite.a_test` `a case` |\n'
        test = {'tests/unit/a_test.cc': 'TEST(Suite, a_test) {}\n', 'tests/cases/a.txt': '== a case\n'}
        self.assertEqual(len(self.findings(style.lessons, {'tests/lessons.md': row})), 2)
        self.assertEqual(self.findings(style.lessons, {'tests/lessons.md': row, **test}), [])

    def test_a_command_in_the_readme_that_is_not_there_is_found(self):
        text = 'Text on deploy/x.sh\n```\n%s --once\n```\n'
        self.assertEqual(len(self.findings(style.readme, {'README.md': text % 'deploy/none.sh'})), 1)
        self.assertEqual(self.findings(style.readme, {'README.md': text % 'deploy/a.sh', 'deploy/a.sh': ''}), [])


if __name__ == '__main__':
    unittest.main()
