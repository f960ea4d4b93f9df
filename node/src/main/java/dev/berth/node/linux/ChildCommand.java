package dev.berth.node.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A program to run.
 *
 * @param tool the program's name, searched in the system's fixed directories, or an absolute path
 * @param arguments without the program's name; never interpreted by a shell
 * @param environment in addition to PATH and LC_ALL=C, which is all that a child gets otherwise
 * @param deadline after which it is ended, and abandoned when it cannot be ended
 * @param outputLimitBytes how much of stdout, and of stderr, is kept; the rest is read and dropped
 */
public record ChildCommand(
    String tool,
    List<String> arguments,
    Map<String, String> environment,
    Deadline deadline,
    int outputLimitBytes) {

  public static final int DEFAULT_OUTPUT_LIMIT_BYTES = 64 * 1024;

  public ChildCommand {
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
  }

  public static ChildCommand of(Deadline deadline, String tool, String... arguments) {
    return of(deadline, tool, List.of(arguments));
  }

  public static ChildCommand of(Deadline deadline, String tool, List<String> arguments) {
    return new ChildCommand(tool, arguments, Map.of(), deadline, DEFAULT_OUTPUT_LIMIT_BYTES);
  }

  /** As a person would type it: for messages and the log. */
  public String commandLine() {
    var words = new ArrayList<String>();
    words.add(tool);
    for (var argument : arguments) {
      words.add(argument.isEmpty() || argument.contains(" ") ? "'" + argument + "'" : argument);
    }
    return String.join(" ", words);
  }
}
