package dev.berth.bin;

import dev.berth.bin.client.ApplyCommand;
import dev.berth.bin.client.ClientException;
import dev.berth.bin.client.Console;
import dev.berth.bin.client.CreateCommand;
import dev.berth.bin.client.DeleteCommand;
import dev.berth.bin.client.DescribeCommand;
import dev.berth.bin.client.DisksCommand;
import dev.berth.bin.client.EventsCommand;
import dev.berth.bin.client.ExecCommand;
import dev.berth.bin.client.ExplainCommand;
import dev.berth.bin.client.GetCommand;
import dev.berth.bin.client.LogsCommand;
import dev.berth.bin.client.ReleaseCommand;
import dev.berth.bin.client.UndeleteCommand;
import dev.berth.bin.client.WaitCommand;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;

/** {@code berth}: the server, and a client for hosts without kubectl. */
@Command(
    name = "berth",
    description = "Stateful workloads on bare-metal hosts: claims, volumes, disks and pods.",
    versionProvider = Main.Version.class,
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
public final class Main {
  private static final String SERVER = "server";
  private static final String HELP = "help";
  private static final Map<String, Function<Console, Object>> COMMANDS = commands();

  private Main() {}

  public static void main(String[] args) {
    if (args.length > 0 && args[0].equals(SERVER)) {
      HeadStart.begin();
    }
    System.exit(run(Console.ofProcess(), args));
  }

  /** Runs one command line to its end and returns the exit code. */
  static int run(Console console, String... args) {
    var asked = args.length == 0 ? null : COMMANDS.get(args[0]);
    if (args.length > 0 && asked == null && !args[0].startsWith("-")) {
      return unknown(console, args[0]);
    }
    if (asked == null || args[0].equals(HELP)) {
      var line = new CommandLine(new Main());
      COMMANDS.forEach((name, command) -> line.addSubcommand(name, command.apply(console)));
      return run(console, line, args);
    }
    // Only the command that is asked for is built: reading the annotations of all of them, even of
    // the one above it, would take longer than most commands.
    var line = new CommandLine(asked.apply(console)).setCommandName("berth " + args[0]);
    return run(console, line, Arrays.copyOfRange(args, 1, args.length));
  }

  private static int run(Console console, CommandLine line, String... args) {
    line.setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8));
    line.setParameterExceptionHandler((e, given) -> misunderstood(console, e));
    line.setExecutionExceptionHandler((e, given, result) -> failed(console, e));
    if (args.length == 0 && line.getCommand() instanceof Main) {
      line.usage(console.err());
      return ClientException.USAGE;
    }
    try {
      return line.execute(args);
    } finally {
      console.out().flush();
    }
  }

  private static int unknown(Console console, String word) {
    console
        .err()
        .println(
            "berth: there is no command \""
                + word
                + "\""
                + Spelling.nearest(word, COMMANDS.keySet())
                    .map(near -> "; did you mean " + near + "?")
                    .orElse("; there are " + String.join(", ", COMMANDS.keySet())));
    return ClientException.USAGE;
  }

  private static int misunderstood(Console console, ParameterException e) {
    console.err().println("berth: " + e.getMessage());
    var name = e.getCommandLine().getCommandSpec().qualifiedName();
    console.err().println("See \"" + name + " --help\".");
    return ClientException.USAGE;
  }

  private static int failed(Console console, Exception e) {
    console.out().flush();
    if (e instanceof ClientException refused) {
      console.err().println(refused.getMessage());
      return refused.exitCode();
    }
    e.printStackTrace(console.err());
    return ClientException.FAILED;
  }

  private static Map<String, Function<Console, Object>> commands() {
    var commands = new LinkedHashMap<String, Function<Console, Object>>();
    commands.put(SERVER, ServerCommand::new);
    commands.put("get", GetCommand::new);
    commands.put("describe", DescribeCommand::new);
    commands.put("apply", ApplyCommand::new);
    commands.put("create", CreateCommand::new);
    commands.put("delete", DeleteCommand::new);
    commands.put("undelete", UndeleteCommand::new);
    commands.put("explain", ExplainCommand::new);
    commands.put("release", ReleaseCommand::new);
    commands.put("logs", LogsCommand::new);
    commands.put("exec", ExecCommand::new);
    commands.put("events", EventsCommand::new);
    commands.put("wait", WaitCommand::new);
    commands.put("disks", DisksCommand::new);
    commands.put("node", NodeCommand::new);
    commands.put(HELP, console -> new CommandLine.HelpCommand());
    return commands;
  }

  /** The version of the distribution, from its jar. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"berth " + current()};
    }

    static String current() {
      var version = Main.class.getPackage().getImplementationVersion();
      return version == null ? "unpackaged" : version;
    }
  }
}
