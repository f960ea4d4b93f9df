package dev.berth.node.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Image files as block devices with a hard size. */
public interface LoopDevices {

  /**
   * A loop device bound to a file.
   *
   * @param device for example /dev/loop3
   * @param directIo whether it goes past the page cache of the file
   */
  record Attached(int number, Path device, boolean directIo, boolean readOnly) {}

  /**
   * How to attach.
   *
   * @param sectorBytes logical sector size: 512 or 4096
   * @param directIo ask for direct I/O; where the file's file system cannot do it, buffered I/O is
   *     used and the result says so
   */
  record Options(int sectorBytes, boolean directIo, boolean readOnly) {
    public static final Options DEFAULT = new Options(512, true, false);
  }

  /**
   * Binds a free loop device to the file; a file that is bound already keeps its device, which is
   * returned, as long as it is writable or not in the way that was asked for.
   *
   * @throws IOException when the file cannot be opened or no loop device can be had, or when the
   *     file is bound in the other mode; the message says which
   */
  Attached attach(Path file, Options options) throws IOException;

  /**
   * Unbinds a loop device from this file and waits for the kernel to do so; a device that is free,
   * or bound to another file by now, is left alone.
   *
   * @return false when somebody still has it open: the kernel then unbinds it at the last close
   */
  boolean detach(int number, Path file) throws IOException;

  /** All loop devices bound to the file (told by its inode, not by its name). */
  List<Attached> ofFile(Path file) throws IOException;

  /**
   * The files behind all loop devices, by the numbers of these, as sysfs names them: neither a
   * device nor a file is touched. One that was removed has the name that it had.
   */
  default Map<Integer, Path> bound() throws IOException {
    return Map.of();
  }

  /** Makes a loop device as large as its file has become. */
  void grow(int number) throws IOException;
}
