package dev.berth.node;

import dev.berth.core.observe.Meters;
import dev.berth.node.disk.ChildMounter;
import dev.berth.node.disk.DiskDeadlines;
import dev.berth.node.disk.FormatJournal;
import dev.berth.node.disk.JournaledDiskPreparation;
import dev.berth.node.disk.KernelLoopDevices;
import dev.berth.node.disk.LoopImages;
import dev.berth.node.disk.MountReader;
import dev.berth.node.disk.MountTable;
import dev.berth.node.disk.OpenatRemoval;
import dev.berth.node.disk.PiecewiseDiskWipe;
import dev.berth.node.disk.ProgramFileSystems;
import dev.berth.node.disk.SafeRemoval;
import dev.berth.node.disk.SampledBlankProof;
import dev.berth.node.disk.SyncedFormatJournal;
import dev.berth.node.disk.SysfsBlockDevices;
import dev.berth.node.disk.WipePace;
import dev.berth.node.disk.XattrVolumeGuard;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.JnrSyscalls;
import dev.berth.node.linux.Syscalls;
import dev.berth.node.linux.SystemChildProcesses;
import dev.berth.node.plugin.DiskTools;
import dev.berth.node.plugin.DisksInHand;
import dev.berth.node.plugin.MountTools;
import dev.berth.node.volume.NodeVolumes;
import dev.berth.node.volume.OperationChildren;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;

/**
 * The Linux host that nodes of this process share: kernel, child processes, mounts.
 *
 * @param children those of operations on volumes, which are followed beyond their end
 * @param deadlines how long work on a device may take
 * @param inHand what they are doing to its disks
 * @param journals where a node records what it formats
 */
public record NodeHost(
    Syscalls syscalls,
    ChildProcesses children,
    MountReader mounts,
    SafeRemoval removal,
    DiskDeadlines deadlines,
    InstantSource clock,
    DisksInHand inHand,
    Journals journals) {

  /** Opens the journal of formats in a directory of its own. */
  @FunctionalInterface
  public interface Journals {
    FormatJournal in(Path directory) throws IOException;
  }

  /** This host. */
  public static NodeHost linux(InstantSource clock, Meters meters) {
    var syscalls = new JnrSyscalls();
    var children = new SystemChildProcesses(SystemChildProcesses.Limits.DEFAULT, meters);
    return of(syscalls, children, DiskDeadlines.DEFAULT, clock);
  }

  /** A host with other children or deadlines. */
  public static NodeHost of(
      Syscalls syscalls, ChildProcesses children, DiskDeadlines deadlines, InstantSource clock) {
    return new NodeHost(
        syscalls,
        new OperationChildren(children),
        MountTable.reader(),
        new OpenatRemoval(syscalls),
        deadlines,
        clock,
        new DisksInHand(),
        SyncedFormatJournal::new);
  }

  /** The same host with journals of another kind. */
  NodeHost with(Journals other) {
    return new NodeHost(syscalls, children, mounts, removal, deadlines, clock, inHand, other);
  }

  /** What one node's volumes are made with; its journal of formats lies under its root. */
  NodeVolumes.Tools tools(NodeConfig config) throws IOException {
    var devices = new SysfsBlockDevices(syscalls, mounts);
    var loops = new KernelLoopDevices(syscalls);
    var fileSystems = new ProgramFileSystems(children, deadlines);
    var random = new SecureRandom();
    var proof = new SampledBlankProof(children, devices, random, deadlines);
    var journal = journals.in(config.root().resolve("disk-journal"));
    var pace = new WipePace(config.wipeBytesPerSecond(), clock);
    var wipe = new PiecewiseDiskWipe(children, devices, journal, random, clock, deadlines, pace);
    return new NodeVolumes.Tools(
        new DiskTools(
            devices,
            fileSystems,
            proof,
            new JournaledDiskPreparation(devices, fileSystems, proof, wipe, journal, clock),
            journal,
            wipe,
            inHand),
        new MountTools(
            mounts,
            new ChildMounter(children, mounts, deadlines),
            syscalls,
            new XattrVolumeGuard(syscalls, children, mounts, deadlines),
            removal),
        children,
        loops,
        new LoopImages(syscalls, children, loops, devices, deadlines),
        config.pools(),
        config.allowPlainDirectories());
  }
}
