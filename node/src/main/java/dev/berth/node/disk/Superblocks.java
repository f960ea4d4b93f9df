package dev.berth.node.disk;

import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.Deadline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads superblocks at their places, nothing else: much less to read than for {@link
 * SignatureProbe}, which has to recognise anything, and as many devices in one child as are asked
 * for. For file systems whose kind is known, because this node has made or mounted them.
 */
public final class Superblocks {
  /** More than is said about one device, by the reader of superblocks and by blkid. */
  public static final int OUTPUT_BYTES = 4096;

  private static final Logger LOG = LoggerFactory.getLogger(Superblocks.class);
  private static final String READ = "read";
  private static final String ERROR = "error";
  private static final String SCRIPT = script();

  private final ChildProcesses children;
  private final Deadline deadline;

  Superblocks(ChildProcesses children, Deadline deadline) {
    this.children = children;
    this.deadline = deadline;
  }

  /**
   * Where a superblock is and what it begins with, in bytes.
   *
   * @param at of the superblock on the device
   * @param magic what stands at {@code magicAt}, as hexadecimal digits
   */
  private record Layout(long at, int length, int magicAt, String magic, int uuidAt) {
    static Layout of(FileSystemKind kind) {
      return switch (kind) {
        case EXT4 -> new Layout(1024, 128, 56, "53ef", 104);
        case XFS -> new Layout(0, 64, 0, "58465342", 32);
        case BTRFS -> new Layout(64 * 1024, 96, 64, "5f42485266535f4d", 32);
      };
    }
  }

  private static String script() {
    try (var script = Superblocks.class.getResourceAsStream("read-superblocks.pl")) {
      if (script == null) {
        throw new IllegalStateException("read-superblocks.pl is missing from this build");
      }
      return new String(script.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads those of several devices, in their order.
   *
   * @param devices the nodes of devices
   * @param kinds what is to be there, by node
   */
  public static ChildCommand command(
      Collection<String> devices, Map<String, FileSystemKind> kinds, Deadline deadline) {
    var arguments = new ArrayList<>(List.of("-e", SCRIPT, "--"));
    for (var device : devices) {
      var kind = kinds.get(device);
      if (kind == null) {
        throw new IllegalArgumentException("what is to be on " + device + " was not said");
      }
      var layout = Layout.of(kind);
      arguments.addAll(
          List.of(device, Long.toString(layout.at()), Integer.toString(layout.length())));
    }
    return new ChildCommand("perl", arguments, Map.of(), deadline, OUTPUT_BYTES * devices.size());
  }

  /** The UUIDs by device, of those that carry what is to be there. */
  public static Map<String, String> uuids(String out, Map<String, FileSystemKind> kinds) {
    var uuids = new HashMap<String, String>();
    for (var line : out.split("\n")) {
      var words = line.split(" ", 3);
      if (words.length == 3
          && words[0].equals(READ)
          && kinds.containsKey(words[1])
          && recognised(words[2], kinds.get(words[1]))
              instanceof ProbeResult.Content(_, var uuid, _)) {
        uuids.put(words[1], uuid);
      }
    }
    return uuids;
  }

  /** Why devices cannot be read, of those that cannot. */
  public static Map<String, String> errors(String out) {
    var errors = new HashMap<String, String>();
    for (var line : out.split("\n")) {
      var words = line.split(" ", 3);
      if (words.length == 3 && words[0].equals(ERROR)) {
        errors.put(words[1], words[2]);
      }
    }
    return errors;
  }

  /**
   * The UUIDs of those that carry what is to be there, as far as the child came; none when it is
   * stuck in the kernel.
   */
  Map<BlockDevice, String> uuids(Map<BlockDevice, FileSystemKind> devices)
      throws InterruptedException {
    var kinds = new LinkedHashMap<String, FileSystemKind>();
    devices.forEach((device, kind) -> kinds.put(device.node().toString(), kind));
    var said =
        switch (children.run(command(kinds.keySet(), kinds, deadline))) {
          case ChildResult.Exited exited -> exited.out();
          case ChildResult.Killed killed -> killed.out();
          case ChildResult.Abandoned _, ChildResult.NotStarted _ -> "";
        };
    errors(said).forEach((device, why) -> LOG.warn("{} cannot be read: {}", device, why));
    var uuids = uuids(said, kinds);
    var found = new HashMap<BlockDevice, String>();
    for (var device : devices.keySet()) {
      var uuid = uuids.get(device.node().toString());
      if (uuid != null) {
        found.put(device, uuid);
      }
    }
    return found;
  }

  /**
   * The UUID of the file system on one device, which od reads sooner than perl starts; nothing when
   * there is none of this kind.
   */
  ProbeResult probe(BlockDevice device, FileSystemKind kind) throws InterruptedException {
    var layout = Layout.of(kind);
    var arguments = new ArrayList<>(List.of("-A", "n", "-v", "-t", "x1"));
    arguments.addAll(List.of("-j", Long.toString(layout.at())));
    arguments.addAll(List.of("-N", Integer.toString(layout.length())));
    arguments.add(device.node().toString());
    return switch (children.run(ChildCommand.of(deadline, "od", arguments))) {
      case ChildResult.Exited exited ->
          exited.ok()
              ? recognised(exited.out().replaceAll("\\s", ""), kind)
              : new ProbeResult.Unreadable("it cannot be read back: " + exited.said());
      case ChildResult.Killed killed ->
          new ProbeResult.NoAnswer("reading it back was ended (" + killed.cause() + ")");
      case ChildResult.Abandoned abandoned ->
          new ProbeResult.NoAnswer("a read of it does not end (process " + abandoned.pid() + ")");
      case ChildResult.NotStarted missing -> new ProbeResult.Unreadable(missing.reason());
    };
  }

  private static ProbeResult recognised(String digits, FileSystemKind kind) {
    var layout = Layout.of(kind);
    if (digits.length() != 2 * layout.length()
        || !digits.startsWith(layout.magic(), 2 * layout.magicAt())) {
      return new ProbeResult.Nothing();
    }
    var uuid = digits.substring(2 * layout.uuidAt(), 2 * layout.uuidAt() + 32);
    return new ProbeResult.Content(
        kind.typeName(),
        uuid.replaceFirst("(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5"),
        "");
  }
}
