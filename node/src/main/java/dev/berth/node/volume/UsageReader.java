package dev.berth.node.volume;

import dev.berth.core.node.VolumeUsage.Figures;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads how full mounted file systems are. One that does not answer is left out until its child has
 * ended. For one thread at a time.
 */
final class UsageReader {

  /** Block size, blocks, those free, those for everybody, inodes, those free, path. */
  private static final String FORMAT = "%S %b %f %a %c %d %n";

  private static final int FIELDS = 7;

  private final GroupProbe probe;
  private Set<String> silent = Set.of();

  UsageReader(ChildProcesses children, GroupProbe.Patience patience) {
    probe = new GroupProbe(children, UsageReader::command, patience);
  }

  /** The figures of those that answered. */
  Map<Path, Figures> read(Collection<Path> mounts) throws InterruptedException {
    var figures = new HashMap<Path, Figures>();
    var answers = probe.ask(mounts.stream().map(Path::toString).toList());
    answers.said().forEach(exited -> figures.putAll(parse(exited.out())));
    silent = answers.silent();
    return figures;
  }

  /** Whether one did not answer when it was last read. */
  boolean silent(Path mount) {
    return silent.contains(mount.toString());
  }

  private static ChildCommand command(List<String> paths, Duration patience) {
    var arguments = new ArrayList<>(List.of("--file-system", "--format=" + FORMAT, "--"));
    arguments.addAll(paths);
    return ChildCommand.of(Deadline.byClock(patience), "stat", arguments);
  }

  private static Map<Path, Figures> parse(String said) {
    var figures = new HashMap<Path, Figures>();
    said.lines()
        .map(line -> line.split(" ", FIELDS))
        .filter(fields -> fields.length == FIELDS)
        .forEach(fields -> figures.put(Path.of(fields[FIELDS - 1]), figures(fields)));
    return figures;
  }

  private static Figures figures(String[] fields) {
    var numbers = new long[FIELDS - 1];
    for (var i = 0; i < numbers.length; i++) {
      numbers[i] = Long.parseLong(fields[i]);
    }
    return new Figures(
        numbers[0] * numbers[1],
        numbers[0] * numbers[3],
        numbers[0] * (numbers[1] - numbers[2]),
        numbers[4],
        numbers[5],
        numbers[4] - numbers[5]);
  }
}
