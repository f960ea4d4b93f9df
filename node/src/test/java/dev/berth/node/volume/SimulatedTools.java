package dev.berth.node.volume;

import static dev.berth.node.volume.SimulatedHost.must;

import dev.berth.core.model.FormatOption;
import dev.berth.core.model.WipeMethod;
import dev.berth.node.disk.BlankProof;
import dev.berth.node.disk.BlankVerdict;
import dev.berth.node.disk.BlockDevice;
import dev.berth.node.disk.BlockDevices;
import dev.berth.node.disk.CheckResult;
import dev.berth.node.disk.DeviceIdentity;
import dev.berth.node.disk.DeviceLookup;
import dev.berth.node.disk.DeviceUse;
import dev.berth.node.disk.DiskWipe;
import dev.berth.node.disk.FileSystemKind;
import dev.berth.node.disk.FileSystems;
import dev.berth.node.disk.FormatIntent;
import dev.berth.node.disk.JournaledDiskPreparation;
import dev.berth.node.disk.Outcome;
import dev.berth.node.disk.ProbeResult;
import dev.berth.node.disk.SyncedFormatJournal;
import dev.berth.node.disk.WipeRecord;
import dev.berth.node.plugin.DiskTools;
import dev.berth.node.plugin.DisksInHand;
import dev.berth.node.plugin.MountTools;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * What the server does to the disks of the simulated host, and its {@link SimulatedMounts}. Each
 * call is a step at which the process may be killed, and those that can fail do so sometimes.
 */
final class SimulatedTools {
  static final long DISK_BYTES = 1 << 20;

  private final SimulatedHost host;
  private final SyncedFormatJournal journal;
  private final Supplier<Instant> clock;

  /** As of a new process: the journal is read anew from its directory. */
  SimulatedTools(SimulatedHost host, Supplier<Instant> clock) throws IOException {
    this.host = host;
    this.clock = clock;
    this.journal = new SyncedFormatJournal(host.paths.root().resolve("journal"));
  }

  /** The serial number of the disk that was formatted for a volume, if one was. */
  Optional<String> formattedFor(String uid) {
    return journal
        .of(UUID.fromString(uid))
        .filter(FormatIntent::done)
        .flatMap(intent -> intent.device().serial());
  }

  /** The serial number of the disk whose format for a volume was cut short. */
  Optional<String> begunFor(String uid) {
    return journal
        .of(UUID.fromString(uid))
        .filter(intent -> !intent.done())
        .flatMap(intent -> intent.device().serial());
  }

  DiskTools disks() {
    var devices = new Devices();
    var fileSystems = new Formats();
    var wipe = new Wipes();
    var proof = new Proof();
    return new DiskTools(
        devices,
        fileSystems,
        proof,
        new JournaledDiskPreparation(devices, fileSystems, proof, wipe, journal, clock::get),
        journal,
        wipe,
        new DisksInHand());
  }

  MountTools mounts() {
    return new SimulatedMounts(host).tools();
  }

  private SimulatedDisk disk(BlockDevice device) {
    return host.disks.values().stream()
        .filter(disk -> disk.number.equals(device.identity().number()))
        .findFirst()
        .orElseThrow();
  }

  private final class Devices implements BlockDevices {
    @Override
    public DeviceLookup find(Path path) {
      host.step();
      var disk = host.disks.get(path);
      if (disk == null || disk.missing) {
        return new DeviceLookup.Missing(path, "there is no device " + path);
      }
      var identity =
          new DeviceIdentity(
              disk.number,
              host.bootId,
              OptionalLong.empty(),
              DISK_BYTES,
              Optional.empty(),
              Optional.empty(),
              Optional.of(disk.serial),
              Optional.empty());
      return new DeviceLookup.Found(
          new BlockDevice(
              path,
              Path.of("/dev", disk.serial),
              disk.serial,
              identity,
              false,
              Optional.empty(),
              List.of()));
    }

    @Override
    public List<BlockDevice> all() {
      return host.disks.keySet().stream()
          .map(this::find)
          .filter(DeviceLookup.Found.class::isInstance)
          .map(found -> ((DeviceLookup.Found) found).device())
          .toList();
    }

    @Override
    public DeviceUse use(BlockDevice device) {
      return new DeviceUse(
          host.table().ofDevice(device.identity().number()), List.of(), List.of(), List.of());
    }
  }

  private final class Formats implements FileSystems {
    @Override
    public ProbeResult probe(BlockDevice device) {
      host.step();
      var disk = disk(device);
      if (disk.unreadable) {
        return new ProbeResult.Unreadable("input/output error");
      }
      if (host.chance(3)) {
        return new ProbeResult.NoAnswer("it does not answer");
      }
      return switch (disk.content) {
        case BLANK -> new ProbeResult.Nothing();
        case DEBRIS ->
            host.random.nextBoolean()
                ? new ProbeResult.Nothing()
                : new ProbeResult.Content("ext4", disk.fsUuid, "");
        case FILE_SYSTEM -> new ProbeResult.Content("ext4", disk.fsUuid, "");
        case FOREIGN -> new ProbeResult.Content("xfs", "f0e1", "");
      };
    }

    @Override
    public Map<BlockDevice, String> uuids(Map<BlockDevice, FileSystemKind> mounted) {
      throw new AssertionError("nothing is recognised beside the start here");
    }

    @Override
    public Outcome growUnmounted(BlockDevice device, FileSystemKind kind) {
      throw new AssertionError("nothing grows here");
    }

    @Override
    public Outcome make(
        BlockDevice device, FileSystemKind kind, UUID uuid, Map<FormatOption, Long> options) {
      var disk = disk(device);
      must(disk.dataOf.isEmpty(), "formatted a disk with data of " + disk.dataOf);
      // The simulation numbers its volumes in the last half of their uids.
      must(
          host.reportedInUse.contains("pv-" + uuid.getLeastSignificantBits()),
          "formatted before it was reported in use: " + uuid);
      must(
          disk.content == SimulatedDisk.Content.BLANK
              || disk.content == SimulatedDisk.Content.DEBRIS,
          "formatted a disk that carries " + disk.content);
      must(
          host.mounts.stream().noneMatch(mount -> mount.disk() == disk),
          "formatted a mounted disk");
      host.step();
      disk.content = SimulatedDisk.Content.DEBRIS;
      disk.fsUuid = uuid.toString();
      host.step();
      if (host.chance(10)) {
        return host.random.nextBoolean()
            ? new Outcome.Failed("mkfs failed")
            : new Outcome.Uncertain("mkfs was ended", false);
      }
      disk.content = SimulatedDisk.Content.FILE_SYSTEM;
      host.formats++;
      host.step();
      return Outcome.Done.PLAIN;
    }

    @Override
    public CheckResult check(BlockDevice device, FileSystemKind kind) {
      host.step();
      return host.chance(3)
          ? new CheckResult.Unknown("the check was ended")
          : new CheckResult.Clean();
    }

    @Override
    public CheckResult diagnose(BlockDevice device, FileSystemKind kind) {
      return new CheckResult.Clean();
    }

    @Override
    public Outcome grow(BlockDevice device, FileSystemKind kind, Path mountedAt) {
      throw new UnsupportedOperationException();
    }
  }

  private final class Proof implements BlankProof {
    @Override
    public BlankVerdict verify(BlockDevice device, Demand demand) {
      host.step();
      var disk = disk(device);
      if (disk.unreadable) {
        return new BlankVerdict.Refused(BlankVerdict.Reason.UNREADABLE, "not readable");
      }
      if (demand.anyway()) {
        return new BlankVerdict.Blank(List.of());
      }
      return switch (disk.content) {
        case BLANK -> new BlankVerdict.Blank(List.of());
        case DEBRIS ->
            new BlankVerdict.Refused(
                host.random.nextBoolean()
                    ? BlankVerdict.Reason.NOT_ZERO
                    : BlankVerdict.Reason.SIGNATURE,
                "not blank");
        case FILE_SYSTEM, FOREIGN ->
            new BlankVerdict.Refused(BlankVerdict.Reason.SIGNATURE, "not blank");
      };
    }
  }

  private final class Wipes implements DiskWipe {
    @Override
    public Outcome wipe(BlockDevice device, long generation, WipeMethod method, Progress progress)
        throws IOException {
      var disk = disk(device);
      must(host.toWipe.contains(disk), "wiped a disk that nobody asked to wipe");
      must(host.mounts.stream().noneMatch(mount -> mount.disk() == disk), "wiped a mounted disk");
      host.step();
      disk.content = SimulatedDisk.Content.DEBRIS;
      journal.recordWipe(record(device, generation, DISK_BYTES / 2, false));
      host.step();
      if (host.chance(20)) {
        return new Outcome.Uncertain("the wipe was ended", false);
      }
      disk.content = SimulatedDisk.Content.BLANK;
      disk.fsUuid = "";
      disk.dataOf = "";
      disk.recordedFor = "";
      host.step();
      journal.recordWipe(record(device, generation, DISK_BYTES, true));
      return Outcome.Done.PLAIN;
    }

    private WipeRecord record(BlockDevice device, long generation, long bytes, boolean complete) {
      return new WipeRecord(
          device.identity(), generation, WipeMethod.ZERO, bytes, clock.get(), complete);
    }

    @Override
    public Outcome eraseSignatures(BlockDevice device) {
      var disk = disk(device);
      must(disk.dataOf.isEmpty(), "erased a disk with data of " + disk.dataOf);
      must(disk.content != SimulatedDisk.Content.FOREIGN, "erased somebody else's disk");
      host.step();
      disk.content = SimulatedDisk.Content.DEBRIS;
      return Outcome.Done.PLAIN;
    }
  }
}
