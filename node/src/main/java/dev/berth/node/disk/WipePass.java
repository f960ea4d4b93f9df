package dev.berth.node.disk;

import dev.berth.core.model.WipeMethod;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.Deadline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One way over a whole device, in pieces. Each piece is written by a child that opens the device
 * exclusively, which the kernel refuses while it is mounted in any mount namespace, held, swapped
 * on or opened exclusively by anyone.
 */
enum WipePass {
  /** The kernel writes zeros, or has the device do it. */
  ZERO {
    @Override
    ChildCommand command(Deadline deadline, BlockDevice device, long offset, long length) {
      return discard(deadline, device, offset, length, "--zeroout");
    }
  },
  /** The device is told that the blocks are unused. */
  DISCARD {
    @Override
    ChildCommand command(Deadline deadline, BlockDevice device, long offset, long length) {
      return discard(deadline, device, offset, length);
    }
  },
  /** Random bytes. The child is perl, like {@link DeviceReader}'s. */
  RANDOM {
    @Override
    ChildCommand command(Deadline deadline, BlockDevice device, long offset, long length) {
      return ChildCommand.of(
          deadline,
          "perl",
          "-e",
          WRITE_RANDOM,
          "--",
          device.node().toString(),
          Long.toString(offset),
          Long.toString(length));
    }
  };

  private static final String WRITE_RANDOM = script();

  /** The passes of a method, in their order. */
  static List<WipePass> of(WipeMethod method) {
    return switch (method) {
      case NONE -> throw new IllegalArgumentException("the method none wipes nothing");
      case SIGNATURES -> List.of();
      case DISCARD -> List.of(DISCARD);
      case ZERO -> List.of(ZERO);
      case OVERWRITE -> List.of(RANDOM, ZERO);
    };
  }

  abstract ChildCommand command(Deadline deadline, BlockDevice device, long offset, long length);

  private static ChildCommand discard(
      Deadline deadline, BlockDevice device, long offset, long length, String... options) {
    var arguments = new ArrayList<>(List.of(options));
    arguments.addAll(
        List.of(
            "--offset",
            Long.toString(offset),
            "--length",
            Long.toString(length),
            device.node().toString()));
    return ChildCommand.of(deadline, "blkdiscard", arguments);
  }

  private static String script() {
    try (var script = WipePass.class.getResourceAsStream("write-random.pl")) {
      if (script == null) {
        throw new IllegalStateException("write-random.pl is missing from this build");
      }
      return new String(script.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
