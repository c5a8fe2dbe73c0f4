/** Run it with `java -ea`; it fails with an AssertionError. */
final class VersionsTest {
  public static void main(String[] args) {
    // As a signed byte, 0x80 is -128 and less than 0x7f.
    byte[] lesser = new byte[32];
    byte[] greater = new byte[32];
    lesser[1] = 0x7f;
    greater[1] = (byte) 0x80;
    assert Versions.isNewer(greater, lesser) : "0x80 is newer than 0x7f";
    assert !Versions.isNewer(lesser, greater) : "0x7f is not newer than 0x80";
    assert !Versions.isNewer(lesser, lesser) : "a version is not newer than itself";
    System.out.println("ok");
  }
}
