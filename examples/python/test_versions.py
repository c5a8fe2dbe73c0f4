import unittest

from versions import is_newer


class Versions(unittest.TestCase):
    def test_bytes_are_compared_as_unsigned(self):
        # As a signed byte, 0x80 is -128 and less than 0x7f.
        lesser, greater = b"\x01\x7f" + bytes(30), b"\x01\x80" + bytes(30)
        self.assertTrue(is_newer(greater, lesser))
        self.assertFalse(is_newer(lesser, greater))

    def test_the_same_version_is_not_newer(self):
        self.assertFalse(is_newer(bytes(32), bytes(32)))


if __name__ == "__main__":
    unittest.main()
