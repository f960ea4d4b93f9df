package dev.berth.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The root directory of a node, held by this process as long as this is open. Two processes that
 * took care of one root would each end the other's pods and take their disks away.
 *
 * <p>The file {@code lock} in it is locked by the process, and tells its number and the node's name
 * in two lines. The name stays when the process has ended: what lies under the root is that node's.
 */
public final class NodeRoot implements AutoCloseable {
  private static final int LONGEST = 512;

  private final FileChannel lock;

  private NodeRoot(FileChannel lock) {
    this.lock = lock;
  }

  /** The node whose root a directory is; empty when it is none's. */
  public static Optional<String> owner(Path root) throws IOException {
    var file = root.resolve("lock");
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try (var lock = FileChannel.open(file, READ)) {
      return Optional.of(read(lock)[1]).filter(node -> !node.isEmpty());
    }
  }

  /**
   * Makes the directory where there is none, and takes it.
   *
   * @throws IllegalStateException when it is another process's or another node's; the message says
   *     whose
   * @throws IOException when it cannot be written
   */
  public static NodeRoot take(Path root, String node) throws IOException {
    Files.createDirectories(root);
    var lock = FileChannel.open(root.resolve("lock"), CREATE, READ, WRITE);
    try {
      var holder = read(lock);
      if (!tryLock(lock)) {
        throw new IllegalStateException(
            "%s is held by process %s, which hosts node %s from it; give every node a root of its own"
                .formatted(root, holder[0], holder[1]));
      }
      if (!holder[1].isEmpty() && !holder[1].equals(node)) {
        throw new IllegalStateException(
            ("%s belongs to node %s: its pods and mounts are that node's; expected node %s. Start the"
                    + " node under its old name, or give the new one a root of its own")
                .formatted(root, holder[1], node));
      }
      lock.truncate(0);
      lock.write(UTF_8.encode(ProcessHandle.current().pid() + "\n" + node + "\n"), 0);
      lock.force(true);
      return new NodeRoot(lock);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** The kernel's lock is the process's, and Java's own tells apart whoever is in the process. */
  private static boolean tryLock(FileChannel lock) throws IOException {
    try {
      return lock.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private static String[] read(FileChannel lock) throws IOException {
    var text = ByteBuffer.allocate(LONGEST);
    lock.read(text, 0);
    var lines = UTF_8.decode(text.flip()).toString().split("\n", -1);
    return new String[] {lines[0], lines.length > 1 ? lines[1] : ""};
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
