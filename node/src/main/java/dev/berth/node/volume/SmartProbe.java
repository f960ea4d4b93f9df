package dev.berth.node.volume;

import dev.berth.node.disk.BlockDevice;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.Deadline;
import dev.berth.node.volume.DiskFinding.Trouble;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Asks disks what they think of themselves, once an hour each, where smartctl is installed. For one
 * thread at a time.
 */
final class SmartProbe {
  static final Duration PERIOD = Duration.ofHours(1);

  private static final String SMARTCTL = "smartctl";
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** A bit of smartctl's exit code: the disk says that it is failing. */
  private static final int FAILING = 8;

  private static final Path DEV = Path.of("/dev");

  private final ChildProcesses children;
  private final InstantSource clock;
  private final Map<Path, Answer> answers = new HashMap<>();

  private record Answer(Instant asked, Optional<DiskFinding> finding) {}

  SmartProbe(ChildProcesses children, InstantSource clock) {
    this.children = children;
    this.clock = clock;
  }

  /** What the disk said last. A loop device says nothing. */
  Optional<DiskFinding> look(BlockDevice device) throws InterruptedException {
    if (device.identity().loop().isPresent() || children.locate(SMARTCTL).isEmpty()) {
      return Optional.empty();
    }
    var disk = device.disk().map(DEV::resolve).orElse(device.node());
    var last = answers.get(disk);
    var now = clock.instant();
    if (last == null || !now.isBefore(last.asked().plus(PERIOD))) {
      last = new Answer(now, ask(disk));
      answers.put(disk, last);
    }
    return last.finding();
  }

  private Optional<DiskFinding> ask(Path disk) throws InterruptedException {
    // A disk that sleeps is not woken for it.
    var command =
        ChildCommand.of(
            Deadline.byClock(PATIENCE), SMARTCTL, "-H", "-n", "standby", disk.toString());
    return children.run(command) instanceof ChildResult.Exited exited
            && (exited.code() & FAILING) != 0
        ? Optional.of(
            new DiskFinding(
                Trouble.SMART,
                "%s says that it is failing (SMART): %s".formatted(disk, last(exited.out()))))
        : Optional.empty();
  }

  private static String last(String text) {
    return text.lines().filter(line -> !line.isBlank()).reduce("", (a, b) -> b).strip();
  }
}
