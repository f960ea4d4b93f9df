package dev.berth.node.runtime;

import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line of an OCI runtime (runc and crun have the same), with all of its state below one
 * directory.
 */
final class OciCommands {
  private static final Deadline QUICK = Deadline.byClock(Duration.ofSeconds(30));

  private final ChildProcesses children;
  private final Path runtime;
  private final Path root;

  OciCommands(ChildProcesses children, Path runtime, Path root) {
    this.children = children;
    this.runtime = runtime;
    this.root = root;
  }

  /** Creates, starts, awaits and deletes a container, without a monitor. */
  ChildResult run(String cid, Path bundle) throws InterruptedException {
    return call("run", "--bundle", bundle.toString(), cid);
  }

  /** Lets the process of a created container begin. */
  ChildResult start(String cid) throws InterruptedException {
    return call("start", cid);
  }

  /** Forgets a container, in whatever state it is; one that still lives is killed. */
  ChildResult delete(String cid) throws InterruptedException {
    return call("delete", "--force", cid);
  }

  /** What the runtime knows of a container, as JSON on stdout. */
  ChildResult state(String cid) throws InterruptedException {
    return call("state", cid);
  }

  /** The whole command line that runs a command in a running container. */
  List<String> exec(String cid, Path pidFile, boolean tty, List<String> argv) {
    var line = new ArrayList<String>();
    line.add(runtime.toString());
    line.add("--root=" + root);
    line.add("exec");
    line.add("--pid-file=" + pidFile);
    if (tty) {
      line.add("--tty");
      line.add("--env=TERM=xterm");
    }
    line.add(cid);
    line.addAll(argv);
    return line;
  }

  private ChildResult call(String... words) throws InterruptedException {
    var arguments = new ArrayList<String>();
    arguments.add("--root=" + root);
    arguments.addAll(List.of(words));
    return children.run(ChildCommand.of(QUICK, runtime.toString(), arguments));
  }
}
