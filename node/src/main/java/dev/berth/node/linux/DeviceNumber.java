package dev.berth.node.linux;

/**
 * How the kernel numbers a device. Unique while the device exists, reused afterwards, different
 * after a reboot: never an identity on its own.
 */
public record DeviceNumber(int major, int minor) {

  /** Reads {@code 7:3}, as sysfs and mountinfo write it. */
  public static DeviceNumber parse(String text) {
    var colon = text.indexOf(':');
    if (colon < 1) {
      throw new IllegalArgumentException("expected MAJOR:MINOR, found \"" + text + "\"");
    }
    return new DeviceNumber(
        Integer.parseInt(text.substring(0, colon)),
        Integer.parseInt(text.substring(colon + 1).strip()));
  }

  /** From the 64-bit form that user space uses (st_dev, st_rdev). */
  public static DeviceNumber decode(long encoded) {
    var major = ((encoded >>> 8) & 0xfff) | ((encoded >>> 32) & 0xfffff000L);
    var minor = (encoded & 0xff) | ((encoded >>> 12) & 0xffffff00L);
    return new DeviceNumber((int) major, (int) minor);
  }

  @Override
  public String toString() {
    return major + ":" + minor;
  }
}
