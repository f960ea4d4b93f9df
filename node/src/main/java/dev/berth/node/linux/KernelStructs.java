package dev.berth.node.linux;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The layout of the structures that the kernel reads and writes (uapi headers linux/*.h). */
final class KernelStructs {
  static final int STATX_BYTES = 256;
  static final int LOOP_INFO_BYTES = 232;
  private static final int LOOP_CONFIG_BYTES = 304;
  private static final int LOOP_NAME_BYTES = 64;

  private static final int STATX_BTIME = 0x800;
  private static final int ATTRIBUTE_IMMUTABLE = 0x10;
  private static final int ATTRIBUTE_MOUNT_ROOT = 0x2000;

  private static final int LOOP_READ_ONLY = 1;
  private static final int LOOP_AUTO_CLEAR = 4;
  private static final int LOOP_DIRECT_IO = 16;

  private KernelStructs() {}

  /** Text as C reads it. */
  static byte[] cString(String text) {
    return cString(text.getBytes(UTF_8));
  }

  static byte[] cString(byte[] bytes) {
    return Arrays.copyOf(bytes, bytes.length + 1);
  }

  /** struct open_how. */
  static byte[] openHow(long flags, long mode, long resolve) {
    var how = new byte[24];
    buffer(how).putLong(flags).putLong(mode).putLong(resolve);
    return how;
  }

  /** struct statx. */
  static FileStatus fileStatus(byte[] statx) {
    var at = buffer(statx);
    var mode = Short.toUnsignedInt(at.getShort(28));
    var attributes = at.getLong(8);
    Optional<Instant> birth =
        (at.getInt(0) & STATX_BTIME) == 0
            ? Optional.empty()
            : Optional.of(Instant.ofEpochSecond(at.getLong(80), at.getInt(88)));
    return new FileStatus(
        new DeviceNumber(at.getInt(136), at.getInt(140)),
        at.getLong(32),
        FileType.ofMode(mode),
        mode & 0xfff,
        at.getInt(20),
        at.getInt(24),
        at.getLong(40),
        Integer.toUnsignedLong(at.getInt(16)),
        new DeviceNumber(at.getInt(128), at.getInt(132)),
        birth,
        at.getLong(144),
        (attributes & ATTRIBUTE_MOUNT_ROOT) != 0,
        (attributes & ATTRIBUTE_IMMUTABLE) != 0);
  }

  /** struct linux_dirent64, one after the other. */
  static List<DirectoryEntry> directoryEntries(byte[] dirents, int length) {
    var at = buffer(dirents);
    var entries = new ArrayList<DirectoryEntry>();
    for (var offset = 0; offset < length; ) {
      var size = Short.toUnsignedInt(at.getShort(offset + 16));
      var type = FileType.ofMode(Byte.toUnsignedInt(at.get(offset + 18)) << 12);
      var start = offset + 19;
      var end = start;
      while (dirents[end] != 0) {
        end++;
      }
      var name = Arrays.copyOfRange(dirents, start, end);
      if (!isDots(name)) {
        entries.add(new DirectoryEntry(FileName.of(name), type));
      }
      offset += size;
    }
    return entries;
  }

  /** struct loop_config. */
  static byte[] loopConfig(int fd, LoopSetup setup) {
    var flags = (setup.readOnly() ? LOOP_READ_ONLY : 0) | (setup.directIo() ? LOOP_DIRECT_IO : 0);
    var config = new byte[LOOP_CONFIG_BYTES];
    var at = buffer(config);
    at.putInt(0, fd);
    at.putInt(4, setup.sectorBytes());
    at.putInt(8 + 52, flags);
    var name = setup.name().getBytes(UTF_8);
    at.put(8 + 56, name, 0, Math.min(name.length, LOOP_NAME_BYTES - 1));
    return config;
  }

  /** struct loop_info64. */
  static LoopStatus loopStatus(byte[] info) {
    var at = buffer(info);
    var flags = at.getInt(52);
    var end = 56;
    while (end < 56 + LOOP_NAME_BYTES && info[end] != 0) {
      end++;
    }
    return new LoopStatus(
        DeviceNumber.decode(at.getLong(0)),
        at.getLong(8),
        at.getLong(24),
        at.getLong(32),
        (flags & LOOP_READ_ONLY) != 0,
        (flags & LOOP_DIRECT_IO) != 0,
        (flags & LOOP_AUTO_CLEAR) != 0,
        new String(info, 56, end - 56, UTF_8));
  }

  /** struct pollfd. */
  static byte[] pollFile(int fd, short events) {
    var file = new byte[8];
    buffer(file).putInt(fd).putShort(events);
    return file;
  }

  /** What happened to the file of a struct pollfd. */
  static short polled(byte[] file) {
    return buffer(file).getShort(6);
  }

  /** struct winsize. */
  static byte[] windowSize(int columns, int rows) {
    var size = new byte[8];
    buffer(size).putShort((short) rows).putShort((short) columns);
    return size;
  }

  static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
  }

  private static boolean isDots(byte[] name) {
    return (name.length == 1 && name[0] == '.')
        || (name.length == 2 && name[0] == '.' && name[1] == '.');
  }
}
