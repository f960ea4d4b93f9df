package dev.berth.node.disk;

import dev.berth.node.disk.DiskPreparation.Request;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/** The request of a volume for its disk, of which only what is out of the ordinary is said. */
final class VolumeRequest {
  private static final Optional<String> OTHER = Optional.of("pv-other");

  private final UUID volume;
  private final BlockDevice device;
  private final FileSystemKind kind;
  private long minimumBytes;
  private long generation;
  private Optional<String> recordedUuid = Optional.empty();
  private boolean readOnly;
  private Predicate<String> othersUuids = uuid -> false;
  private Predicate<DeviceIdentity> othersDevices = other -> false;
  private Optional<String> word = Optional.empty();

  VolumeRequest(UUID volume, BlockDevice device, FileSystemKind kind) {
    this.volume = volume;
    this.device = device;
    this.kind = kind;
  }

  /** The UUID of its file system was committed. */
  VolumeRequest recorded(String uuid) {
    recordedUuid = Optional.of(uuid);
    return this;
  }

  /** Its life began with that wipe. */
  VolumeRequest wiped(long request) {
    generation = request;
    return this;
  }

  VolumeRequest ofBytes(long capacity) {
    minimumBytes = capacity;
    return this;
  }

  VolumeRequest onlyToRead() {
    readOnly = true;
    return this;
  }

  /** There is a volume pv-other, for which these file systems are recorded. */
  VolumeRequest othersFileSystems(Predicate<String> uuids) {
    othersUuids = uuids;
    return this;
  }

  /** There is a volume pv-other, which was on these devices. */
  VolumeRequest othersDevices(Predicate<DeviceIdentity> devices) {
    othersDevices = devices;
    return this;
  }

  /** The administrator says that a disk is to be formatted whatever is on it. */
  VolumeRequest saying(String disk) {
    word = Optional.of(disk);
    return this;
  }

  Request request() {
    return new Request(
        volume,
        device,
        kind,
        minimumBytes,
        generation,
        recordedUuid,
        readOnly,
        uuid -> OTHER.filter(name -> othersUuids.test(uuid)),
        mount -> false,
        new FormatAnyway("pv", word, other -> OTHER.filter(name -> othersDevices.test(other))),
        Map.of());
  }
}
