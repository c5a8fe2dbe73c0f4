import java.util.Arrays;

final class Versions {
  private Versions() {}

  /**
   * Whether a version replaces the stored version of the same (account, id). Arrays.compare would be wrong: Java's bytes are
   * signed.
   */
  static boolean isNewer(byte[] version, byte[] stored) {
    return Arrays.compareUnsigned(version, stored) > 0;
  }
}
