package dev.berth.node.disk;

import dev.berth.core.observe.Meters;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.JnrSyscalls;
import dev.berth.node.linux.Syscalls;
import dev.berth.node.linux.SystemChildProcesses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Random;

/**
 * The real parts of this room wired together, as the node wires them, with short deadlines.
 *
 * @param tools a directory of programs that are found before the system's: wrappers that fail
 */
public record DiskParts(
    Syscalls syscalls,
    ChildProcesses children,
    MountReader mounts,
    BlockDevices devices,
    LoopDevices loops,
    FileSystems fileSystems,
    Mounter mounter,
    BlankProof proof,
    FormatJournal journal,
    DiskWipe wipe,
    DiskPreparation preparation,
    VolumeGuard guard,
    SafeRemoval removal,
    Path tools) {

  private static final DiskDeadlines DEADLINES =
      new DiskDeadlines(
          Duration.ofSeconds(2),
          Duration.ofSeconds(20),
          Duration.ofSeconds(5),
          Duration.ofMinutes(5));

  /** With the journal and the directory for wrappers in {@code directory}. */
  public static DiskParts in(Path directory) throws IOException {
    var tools = directory.resolve("tools");
    var syscalls = new JnrSyscalls();
    var limits =
        new SystemChildProcesses.Limits(
            SystemChildProcesses.Limits.DEFAULT.withToolsFirst(tools).toolDirectories(),
            16,
            Duration.ofMillis(200),
            Duration.ofMillis(200));
    var children = new SystemChildProcesses(limits, Meters.none());
    var mounts = MountTable.reader();
    var devices = new SysfsBlockDevices(syscalls, mounts);
    var fileSystems = new ProgramFileSystems(children, DEADLINES);
    var random = new Random(7);
    var proof = new SampledBlankProof(children, devices, random, DEADLINES);
    var journal = new SyncedFormatJournal(directory.resolve("journal"));
    var clock = InstantSource.system();
    var pace = new WipePace(0, 8L << 20, clock, Thread::sleep);
    var wipe = new PiecewiseDiskWipe(children, devices, journal, random, clock, DEADLINES, pace);
    return new DiskParts(
        syscalls,
        children,
        mounts,
        devices,
        new KernelLoopDevices(syscalls),
        fileSystems,
        new ChildMounter(children, mounts, DEADLINES),
        proof,
        journal,
        wipe,
        new JournaledDiskPreparation(devices, fileSystems, proof, wipe, journal, clock),
        new XattrVolumeGuard(syscalls, children, mounts, DEADLINES),
        new OpenatRemoval(syscalls),
        tools);
  }

  /** The device at a path, which must be there. */
  public BlockDevice device(Path path) throws IOException {
    return switch (devices.find(path)) {
      case DeviceLookup.Found(var device) -> device;
      case DeviceLookup.Missing(_, var reason) -> throw new AssertionError(reason);
      case DeviceLookup.NotBlockDevice(_, _, var reason) -> throw new AssertionError(reason);
    };
  }

  /** Puts a shell script in front of a program; {@code REAL} in it stands for the real one. */
  public void wrap(String tool, String script) throws IOException {
    Files.createDirectories(tools);
    var real = LoopDisks.run("sh", "-c", "command -v " + tool).strip();
    var wrapper = tools.resolve(tool);
    Files.writeString(wrapper, "#!/bin/sh\n" + script.replace("REAL", real) + "\n");
    LoopDisks.run("chmod", "+x", wrapper.toString());
  }

  /** Takes a wrapper away. */
  public void unwrap(String tool) throws IOException {
    Files.delete(tools.resolve(tool));
  }
}
