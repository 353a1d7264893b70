#!/usr/bin/env python3
"""Checks what no compiler checks: style.py CHECK... [--root FOLDER]. Prints every finding, exits 1 if there is one.

A check is a function below that takes the files and yields findings, "file:line: what is wrong, and what to do".
"""
import os
import re
import subprocess
import sys

SKIPPED_FOLDERS = {'.git', '.cache', 'build', 'node_modules', 'corpus'}
CODE = ('.cc', '.h', '.c')
MAX_LINES = 500
MAX_COLUMNS = 100


class Tree:
    """The project's files, as paths relative to the root."""

    def __init__(self, root):
        self.root = root
        self.paths = sorted(self._walk())

    def _walk(self):
        for folder, folders, names in os.walk(self.root):
            folders[:] = [f for f in folders if f not in SKIPPED_FOLDERS]
            for name in names:
                yield os.path.relpath(os.path.join(folder, name), self.root)

    def matching(self, *endings):
        return [p for p in self.paths if p.endswith(endings)]

    def lines(self, path):
        with open(os.path.join(self.root, path), encoding='utf-8', errors='replace') as file:
            return list(enumerate(file.read().splitlines(), 1))


def includes(tree):
    """The arrow proxy -> filters -> conf, and libevent behind the wall of proxy."""
    forbidden = {'conf/': ('proxy/', 'filters/', 'event2/'), 'filters/': ('proxy/', 'event2/')}
    include = re.compile(r'\s*#\s*include\s*["<]([^">]+)')
    for path in tree.matching(*CODE):
        room = path.split('/')[0] + '/'
        for number, line in tree.lines(path):
            found = include.match(line)
            if found and found[1].startswith(forbidden.get(room, ('\0',))):
                yield f'{path}:{number}: {room} must not include {found[1]} (proxy -> filters -> conf, never back).'
            beside = found and re.match(r'filters/(?!graphql/|json_check\.h)', found[1])
            if beside and path.startswith('filters/graphql/'):
                yield f'{path}:{number}: filters/graphql knows nothing of HTTP, and includes {found[1]}.'


def size(tree):
    """Files of at most 500 lines, code of at most 100 columns."""
    for path in tree.matching('.cc', '.h', '.py', '.sh', '.js', '.mjs', '.lua', '.cmake'):
        lines = tree.lines(path)
        if len(lines) > MAX_LINES:
            yield f'{path}:{MAX_LINES}: {len(lines)} lines; divide it along a line that has a name.'
        for number, line in lines:
            comment = path.endswith(CODE) and re.match(r'\s*//', line)
            if path.endswith(CODE) and len(line) > MAX_COLUMNS and not comment:
                yield f'{path}:{number}: {len(line)} columns; {MAX_COLUMNS} are allowed.'


def form(tree):
    """clang-format has nothing to change."""
    for path in tree.matching(*CODE):
        command = ['clang-format', '--dry-run', '--Werror', os.path.join(tree.root, path)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            yield f'{path}:1: not as clang-format has it; run clang-format -i {path}.'


def words(tree):
    """Nothing that holds for one machine only, no host that the build would need, no placeholder left behind."""
    forbidden = {
        r'/(?:[w]ork|[f]arm|[h]ome|[r]oot)/[\w.]': 'a path of one machine',
        r'/tmp/[w]t\b': 'a path of one machine',
        r'[d]eb\.debian\.org|[r]egistry\.npmjs': "a package registry's host",
        r'\.\./[s]hared': 'a folder outside the project',
        r'\b([F]IXME|[X]XX)\b': 'an unfinished place',
    }
    text = ('.cc', '.h', '.c', '.py', '.sh', '.js', '.mjs', '.lua', '.cmake', '.txt', '.md', '.yaml', '.yml', '.json',
            'Dockerfile', 'run', '.graphql', '.npmrc')
    for path in tree.matching(*text):
        for number, line in tree.lines(path):
            for pattern, what in forbidden.items():
                if re.search(pattern, line):
                    yield f'{path}:{number}: holds {what}: {line.strip()[:80]}'


def sleeps(tree):
    """Time is an argument: unit and e2e tests wait for events, never for the clock."""
    for path in tree.matching('.cc', '.h'):
        if not path.startswith(('tests/unit/', 'tests/e2e/')):
            continue
        for number, line in tree.lines(path):
            if re.search(r'sleep_(?:for|until)|\busleep\(|(?<!\w)sleep\(', line):
                yield f'{path}:{number}: a test that sleeps; wait for what it waits for.'


def scripts(tree):
    """shellcheck has nothing to say, and what is run has its run bit."""
    shell = tree.matching('.sh') + [p for p in ('.ci/run',) if p in tree.paths]
    for path in shell:
        full = os.path.join(tree.root, path)
        if not os.access(full, os.X_OK):
            yield f'{path}:1: no run bit; chmod +x {path}.'
        done = subprocess.run(['shellcheck', '-x', '-f', 'gcc', full], capture_output=True, text=True, check=False)
        yield from (line.replace(full, path) for line in done.stdout.splitlines())


def readme(tree):
    """Every program and file that the README's commands name is there."""
    inside = False
    for number, line in tree.lines('README.md'):
        if line.startswith('```'):
            inside = not inside
        elif inside:
            for word in re.findall(r'(?:^|\s)((?:deploy|tests|conf)/[\w./-]+|\.ci/\w+)', line):
                if not os.path.exists(os.path.join(tree.root, word.rstrip('.'))):
                    yield f'README.md:{number}: names {word}, which is not there.'


def corpora(tree):
    """Every fuzz target is one that is built and replayed, with files to replay; and every corpus is a target's."""
    place = os.path.join('tests', 'fuzz')
    corpus = os.path.join(tree.root, place, 'corpus')
    for path in tree.matching('.cc'):
        name, ending = os.path.splitext(os.path.basename(path))
        if not any(line.startswith('extern "C" int LLVMFuzzerTestOneInput(') and not line.endswith(';')
                   for _, line in tree.lines(path)):
            continue
        if os.path.dirname(path) != place or not name.endswith('_fuzz'):
            yield f'{path}:1: a fuzz target that is never built; call it {place}/x_fuzz.cc.'
        elif not any(files for _, _, files in os.walk(os.path.join(corpus, name))):
            yield f'{path}:1: a fuzz target without a corpus; put some inputs into {place}/corpus/{name}/.'
    for name in sorted(os.listdir(corpus)) if os.path.isdir(corpus) else []:
        if os.path.join(place, f'{name}.cc') not in tree.paths:
            yield f'{place}/corpus/{name}:1: a corpus without a target; there is no {place}/{name}.cc.'


def lessons(tree):
    """Every test that tests/lessons.md names is there."""
    place = os.path.join('tests', 'lessons.md')
    if place not in tree.paths:
        return
    sources = [path for path in tree.paths if path != place and
               (path.startswith('tests') or os.path.basename(path) == 'CMakeLists.txt')]
    text = '\n'.join(sources) + '\n'.join(line for path in sources for _, line in tree.lines(path))
    for number, line in tree.lines(place):
        if not re.match(r'\| \d', line):
            continue
        for name in re.findall(r'`([^`]+)`', line.rsplit(' | ', 1)[1]):
            test = re.fullmatch(r'([A-Z]\w+)\.(\w+)', name)
            if not re.search(rf'\({test[1]},\s*{test[2]}\)' if test else re.escape(name), text):
                yield f'{place}:{number}: names {name}, which is no test, no case and no fuzz target.'


CHECKS = {f.__name__: f for f in (includes, size, form, words, sleeps, scripts, readme, corpora, lessons)}


def main(arguments):
    root = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
    if '--root' in arguments:
        place = arguments.index('--root')
        root = arguments[place + 1]
        del arguments[place:place + 2]
    unknown = [a for a in arguments if a not in CHECKS]
    if unknown or not arguments:
        sys.exit(f'style.py: say which checks to run, of {", ".join(CHECKS)}; found {unknown}.')
    tree = Tree(root)
    findings = [finding for name in arguments for finding in CHECKS[name](tree)]
    print('\n'.join(findings) or f'{len(tree.paths)} files: nothing found')
    sys.exit(1 if findings else 0)


if __name__ == '__main__':
    main(sys.argv[1:])
