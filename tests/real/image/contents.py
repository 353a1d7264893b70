#!/usr/bin/env python3
"""What is in the image: nothing but what the README says.

  IMAGE_ROOT=FOLDER IMAGE_CONFIG=FILE contents.py      tests; FILE is `buildah inspect --type image`
  contents.py --list FOLDER                            every file, with all that a layer holds of it
"""
import hashlib
import json
import os
import re
import stat
import subprocess
import sys
import unittest

MOST_BYTES = int(os.environ.get('IMAGE_MOST_MIB', '40')) << 20  # more for a sanitizer's build
NANOSECONDS = 10 ** 9
PROGRAMS = {'/usr/bin/tollgate', '/usr/bin/sleep'}
SETTINGS = {'/etc/passwd', '/etc/group', '/etc/hosts', '/etc/nsswitch.conf', '/etc/ssl/certs/ca-certificates.crt'}
LINKS = {'/lib': 'usr/lib', '/lib64': 'usr/lib64', '/usr/lib/ssl/cert.pem': '/etc/ssl/certs/ca-certificates.crt'}
EMPTY_FOLDERS = {'/tmp', '/etc/tollgate'}


def entries(root):
    """All paths within, as the image has them, each with its lstat."""
    found = {'/': os.lstat(root)}
    for folder, folders, names in os.walk(root):
        for name in folders + names:
            path = os.path.join(folder, name)
            found['/' + os.path.relpath(path, root)] = os.lstat(path)
    return dict(sorted(found.items()))


def content(path, status):
    if stat.S_ISLNK(status.st_mode):
        return '-> ' + os.readlink(path)
    if not stat.S_ISREG(status.st_mode):
        return '-'
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()


def listing(root):
    for path, status in entries(root).items():
        print(stat.filemode(status.st_mode), f'{status.st_uid}:{status.st_gid}', status.st_mtime_ns / NANOSECONDS,
              content(root + path, status), path)


def needed(path):
    """The names of what the loader loads for a program or library, the loader itself included."""
    told = subprocess.run(['readelf', '--wide', '--dynamic', '--program-headers', path], check=True, capture_output=True,
                          text=True).stdout
    interpreter = re.findall(r'program interpreter: \S*/([^/\]]+)\]', told)
    return set(re.findall(r'\(NEEDED\).*\[(.+)\]', told) + interpreter)


class Contents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = os.environ['IMAGE_ROOT']
        cls.entries = entries(cls.root)
        with open(os.environ['IMAGE_CONFIG'], encoding='utf-8') as file:
            cls.config = json.load(file)['Docker']['config']

    def of_kind(self, is_kind):
        return {path for path, status in self.entries.items() if is_kind(status.st_mode)}

    def libraries(self):
        return {path for path in self.of_kind(stat.S_ISREG) if re.search(r'\.so(\.|$)', path)}

    def test_it_is_small(self):
        size = sum(self.entries[path].st_size for path in self.of_kind(stat.S_ISREG))
        print(f'{size / (1 << 20):.1f} MiB in {len(self.of_kind(stat.S_ISREG))} files ', end='', flush=True)
        self.assertLess(size, MOST_BYTES)

    def test_it_has_the_program_sleep_settings_and_libraries_and_nothing_else(self):
        self.assertEqual(self.of_kind(stat.S_ISREG) - self.libraries(), PROGRAMS | SETTINGS)
        self.assertEqual({p: os.readlink(self.root + p) for p in self.of_kind(stat.S_ISLNK)}, LINKS)
        folders = {'/'}
        for path in PROGRAMS | SETTINGS | set(LINKS) | self.libraries():
            while path != '/':
                path = os.path.dirname(path)
                folders.add(path)
        self.assertEqual(self.of_kind(stat.S_ISDIR), folders | EMPTY_FOLDERS)
        self.assertEqual(len(self.entries), sum(len(self.of_kind(k)) for k in (stat.S_ISREG, stat.S_ISLNK, stat.S_ISDIR)))

    def test_it_has_the_libraries_that_the_programs_load_and_no_other(self):
        at = {os.path.basename(path): path for path in self.libraries()}
        self.assertEqual(len(at), len(self.libraries()), 'a library is there twice')
        wanted, unread = set(), set(PROGRAMS)
        while unread:
            names = needed(self.root + unread.pop())
            self.assertLessEqual(names, set(at))
            unread |= {at[name] for name in names - wanted}
            wanted |= names
        self.assertEqual(set(at), wanted)

    def test_it_belongs_to_root_and_only_tmp_is_writable_for_others(self):
        for path, status in self.entries.items():
            self.assertEqual((status.st_uid, status.st_gid), (0, 0), path)
            self.assertFalse(status.st_mode & (stat.S_ISUID | stat.S_ISGID), path)
            if not stat.S_ISLNK(status.st_mode) and path != '/tmp':
                self.assertFalse(status.st_mode & (stat.S_IWGRP | stat.S_IWOTH), path)
                self.assertTrue(status.st_mode & stat.S_IROTH, path)

    def test_its_user_is_65532_by_number_and_by_name(self):
        self.assertEqual(self.config['User'], '65532:65532')
        with open(self.root + '/etc/passwd', encoding='utf-8') as file:
            self.assertEqual(file.read(), 'tollgate:x:65532:65532:tollgate:/:/none\n')

    def test_it_says_how_it_is_started_asked_and_reached(self):
        file = '/etc/tollgate/tollgate.yaml'
        self.assertEqual(self.config['Entrypoint'], ['/usr/bin/tollgate'])
        self.assertEqual(self.config['Cmd'], ['run', '-c', file])
        self.assertEqual(self.config['WorkingDir'], '/etc/tollgate')
        self.assertEqual(set(self.config['ExposedPorts']), {'8080/tcp', '9902/tcp'})
        self.assertEqual(self.config['Healthcheck'], {
            'Test': ['CMD', '/usr/bin/tollgate', 'healthcheck', '-c', file],
            'Interval': 10 * NANOSECONDS, 'Timeout': 3 * NANOSECONDS, 'StartPeriod': 5 * NANOSECONDS})

    def test_it_trusts_the_authorities_of_debian(self):
        with open(self.root + '/etc/ssl/certs/ca-certificates.crt', encoding='utf-8') as file:
            self.assertGreater(file.read().count('-----BEGIN CERTIFICATE-----'), 100)


if __name__ == '__main__':
    if sys.argv[1:2] == ['--list']:
        listing(sys.argv[2])
    else:
        unittest.main(verbosity=2)
