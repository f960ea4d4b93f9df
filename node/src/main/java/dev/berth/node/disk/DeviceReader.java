package dev.berth.node.disk;

import dev.berth.node.disk.SampleRegions.Region;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.Deadline;
import dev.berth.node.linux.Errno;
import dev.berth.node.linux.OpenFlag;
import dev.berth.node.linux.RunningChild;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads regions of a device in one child process, past the page cache, while it holds the device
 * exclusively. The child is perl (essential on Debian): no other program of the base system reads
 * many regions of a device in one run, and a run for each would cost a millisecond for each.
 */
final class DeviceReader {

  /** What the regions hold. */
  sealed interface Reading {
    /** All were read, and every byte is zero. */
    record Zero(long deviceBytes) implements Reading {}

    /** All were read; some are not zero. The text tells the first place. */
    record Data(long deviceBytes, String text) implements Reading {}

    /** A read ended early. */
    record EndsEarly(String text) implements Reading {}

    /** A read failed. */
    record Failed(String text) implements Reading {}

    /** Somebody has the device open exclusively. */
    record Busy() implements Reading {}

    /** The device did not answer in time. */
    record NoAnswer(String text) implements Reading {}

    /** Nothing could be run. */
    record ToolMissing(String text) implements Reading {}
  }

  private static final String SCRIPT = script();

  private final ChildProcesses children;

  DeviceReader(ChildProcesses children) {
    this.children = children;
  }

  private static String script() {
    try (var script = DeviceReader.class.getResourceAsStream("read-samples.pl")) {
      if (script == null) {
        throw new IllegalStateException("read-samples.pl is missing from this build");
      }
      return new String(script.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  RunningChild start(BlockDevice device, List<Region> regions, Deadline deadline)
      throws InterruptedException {
    var arguments = new ArrayList<>(List.of("-e", SCRIPT, "--"));
    arguments.add(device.node().toString());
    arguments.add(Integer.toString(OpenFlag.DIRECT.bits()));
    for (var region : regions) {
      arguments.add(Long.toString(region.offset()));
      arguments.add(Long.toString(region.length()));
    }
    return children.start(ChildCommand.of(deadline, "perl", arguments));
  }

  static Reading reading(ChildResult result) {
    return switch (result) {
      case ChildResult.Exited exited -> parse(exited);
      case ChildResult.Killed killed ->
          new Reading.NoAnswer("reading it was ended: " + killed.cause());
      case ChildResult.Abandoned abandoned ->
          new Reading.NoAnswer("a read of it does not end (process " + abandoned.pid() + ")");
      case ChildResult.NotStarted missing -> new Reading.ToolMissing(missing.reason());
    };
  }

  private static Reading parse(ChildResult.Exited exited) {
    var lines = exited.out().lines().toList();
    var size = -1L;
    Reading found = null;
    for (var line : lines) {
      var words = line.split(" ", 3);
      switch (words[0]) {
        case "refused" -> {
          return Integer.parseInt(words[1]) == Errno.EBUSY.number()
              ? new Reading.Busy()
              : new Reading.Failed("it cannot be opened: " + words[2]);
        }
        case "error" -> {
          return new Reading.Failed("reading at byte " + words[1] + " failed: " + words[2]);
        }
        case "size" -> size = Long.parseLong(words[1]);
        case "short" ->
            found = new Reading.EndsEarly("it ends at byte " + words[1] + ", before its size");
        case "data" -> {
          if (found == null) {
            found = new Reading.Data(size, "at byte " + words[1] + " it reads " + words[2]);
          }
        }
        default -> {}
      }
    }
    if (size < 0 || !lines.getLast().equals("end")) {
      return new Reading.Failed("the reader failed: " + exited.said());
    }
    return found == null ? new Reading.Zero(size) : found;
  }
}
