package dev.berth.bin.client;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code berth logs}. */
@Command(
    name = "logs",
    description = "Shows what a container has written.",
    mixinStandardHelpOptions = true)
public final class LogsCommand implements Callable<Integer> {
  private final Console console;

  @Mixin final Connection connection = new Connection();

  @Parameters(paramLabel = "POD", description = "The pod.")
  String pod = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      description = "Its namespace (default: default).")
  String namespace = Scope.DEFAULT_NAMESPACE;

  @Option(
      names = {"-c", "--container"},
      paramLabel = "NAME",
      description = "The container, in a pod with several.")
  String container = "";

  @Option(
      names = {"-f", "--follow"},
      description = "Go on as it writes.")
  boolean follow;

  @Option(
      names = {"-p", "--previous"},
      description = "The run before the present one.")
  boolean previous;

  @Option(names = "--tail", paramLabel = "LINES", description = "Only the last lines.")
  @Nullable Long tail;

  @Option(
      names = "--since",
      paramLabel = "DURATION",
      description = "Only what is newer than, for example, 10m.")
  String since = "";

  @Option(names = "--timestamps", description = "Begin each line with its time.")
  boolean timestamps;

  public LogsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var target = new StringBuilder("/api/v1/namespaces/" + ApiClient.encode(namespace));
    target.append("/pods/").append(ApiClient.encode(Selection.pod(pod))).append("/log?follow=");
    target.append(follow).append("&previous=").append(previous);
    target.append("&timestamps=").append(timestamps);
    if (!container.isEmpty()) {
      target.append("&container=").append(ApiClient.encode(container));
    }
    if (tail != null) {
      target.append("&tailLines=").append(tail);
    }
    if (!since.isEmpty()) {
      target.append("&sinceSeconds=").append(Durations.parse(since).toSeconds());
    }
    try (var answer = connection.open().stream(target.toString())) {
      var buffer = new byte[16 * 1024];
      for (var n = answer.body().read(buffer); n >= 0; n = answer.body().read(buffer)) {
        console.out().write(buffer, 0, n);
        if (answer.body().available() == 0) {
          console.out().flush();
        }
      }
      return 0;
    } catch (IOException e) {
      throw ClientException.failed("the log broke off: " + e.getMessage());
    }
  }
}
