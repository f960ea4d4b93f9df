package dev.berth.node.volume;

import dev.berth.core.binding.WipeProtocol;
import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.node.plugin.VolumeObjects;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/** The PersistentVolumes of the simulation. */
final class SimulatedObjects implements VolumeObjects {
  private final SimulatedHost host;
  private final Map<String, ObjectNode> volumes = new LinkedHashMap<>();
  private long revision = 1;

  SimulatedObjects(SimulatedHost host) {
    this.host = host;
  }

  void add(String name, String uid, String path) {
    var volume = Json.object();
    volume.putObject("metadata").put("name", name).put("uid", uid).putObject("annotations");
    var spec = volume.putObject("spec").put("persistentVolumeReclaimPolicy", "Delete");
    spec.putObject("local").put("path", path);
    volume.put("rv", revision++);
    volumes.put(name, volume);
  }

  ObjectNode annotations(String name) {
    return document(name).withObject("metadata").withObject("annotations");
  }

  private ObjectNode document(String name) {
    return Objects.requireNonNull(volumes.get(name));
  }

  /** Where its disk is to be found. */
  Path path(String name) {
    return Path.of(Json.text(document(name), "spec", "local", "path"));
  }

  /** The volume was released: its node has to wipe it. */
  long requestWipe(String name, String node) {
    var generation = revision++;
    annotations(name).put(WipeProtocol.WIPE, WipeProtocol.requested(generation));
    annotations(name).put(WipeProtocol.WIPE_NODE, node);
    document(name).withObject("status").put("phase", PersistentVolume.RELEASED);
    document(name).put("rv", generation);
    return generation;
  }

  PersistentVolume view(String name) {
    return Json.view(document(name), PersistentVolume.class);
  }

  @Override
  public boolean growthPending(Seen seen) {
    return false;
  }

  @Override
  public boolean reportProvision(Seen seen, String answer) {
    throw new AssertionError("nothing is provisioned here: " + seen);
  }

  @Override
  public Map<String, String> classParameters(String className) {
    return Map.of();
  }

  @Override
  public Optional<Seen> find(String name) {
    host.step();
    return Optional.of(new Seen(view(name), document(name).path("rv").asString()));
  }

  @Override
  public boolean recordFsUuid(Seen seen, String fsUuid) {
    host.step();
    var name = seen.volume().metadata().name();
    if (host.chance(5) || !document(name).path("rv").asString().equals(seen.resourceVersion())) {
      return false;
    }
    annotations(name).put(FS_UUID, fsUuid);
    var disk = Objects.requireNonNull(host.disks.get(path(name)));
    disk.recordedFor = seen.volume().metadata().uid();
    document(name).put("rv", revision++);
    host.step();
    return true;
  }

  @Override
  public Set<String> uids() {
    return volumes.values().stream()
        .map(volume -> Json.text(volume, "metadata", "uid"))
        .collect(Collectors.toSet());
  }

  @Override
  public List<PersistentVolume> all() {
    return volumes.keySet().stream().map(this::view).toList();
  }

  @Override
  public List<String> ownersOf(String fsUuid) {
    return volumes.values().stream()
        .filter(
            volume ->
                Json.text(volume, "metadata", "uid").equals(fsUuid)
                    || Json.text(volume, "metadata", "annotations", FS_UUID).equals(fsUuid))
        .map(volume -> Json.text(volume, "metadata", "name"))
        .toList();
  }

  @Override
  public boolean reportWiped(Seen seen, long generation, boolean used) {
    host.step();
    var name = seen.volume().metadata().name();
    annotations(name)
        .put(
            WipeProtocol.WIPE,
            used ? WipeProtocol.done(generation) : WipeProtocol.unused(generation));
    annotations(name).remove(WipeProtocol.WIPE_NODE);
    annotations(name).remove(FS_UUID);
    document(name).put("rv", revision++);
    host.step();
    return true;
  }

  @Override
  public void reportWipeProgress(Seen seen, String progress) {
    host.step();
  }

  @Override
  public void tell(Seen seen, String reason, String message) {
    host.step();
  }

  @Override
  public void reportWipeState(Seen seen, String message) {
    host.step();
  }
}
