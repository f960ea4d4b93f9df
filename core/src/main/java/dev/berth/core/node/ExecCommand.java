package dev.berth.core.node;

import java.util.List;

/**
 * A command to run in a container.
 *
 * @param argv the program and its arguments, at least one
 * @param stdin whether the caller will write to its standard input; otherwise it reads end of file
 * @param tty whether it runs on a terminal of its own; stderr then comes out of stdout, as from any
 *     terminal
 */
public record ExecCommand(List<String> argv, boolean stdin, boolean tty) {

  public ExecCommand {
    argv = List.copyOf(argv);
    if (argv.isEmpty()) {
      throw new IllegalArgumentException("a command needs at least a program");
    }
  }
}
