package dev.berth.node.runtime;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What runs in a container, as the pod gives it with {@code $(NAME)} references already expanded.
 *
 * @param command replaces the image's entry point when not empty
 * @param args replaces the image's arguments when not empty
 * @param env in the order of the pod; PATH, HOSTNAME and HOME are added when missing
 * @param workingDir null for the image's own ({@code /})
 * @param stdin whether standard input stays open (and silent) instead of reading end of file
 * @param tty whether the process gets a terminal
 */
public record ContainerProcess(
    List<String> command,
    List<String> args,
    Map<String, String> env,
    @Nullable String workingDir,
    boolean stdin,
    boolean tty) {

  public ContainerProcess {
    command = List.copyOf(command);
    args = List.copyOf(args);
    env = Collections.unmodifiableMap(new LinkedHashMap<>(env));
  }

  /** A command without environment, standard input and terminal. */
  public static ContainerProcess of(String... command) {
    return new ContainerProcess(List.of(command), List.of(), Map.of(), null, false, false);
  }
}
