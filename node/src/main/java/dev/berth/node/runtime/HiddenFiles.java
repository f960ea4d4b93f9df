package dev.berth.node.runtime;

import dev.berth.node.disk.MountReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The files that no container may see, under every path by which they can be reached: with links
 * resolved, and through every mount that shows the same part of the same file system.
 */
final class HiddenFiles implements OverlayRoot.HiddenPaths {
  private final List<Path> files;
  private final MountReader mounts;

  HiddenFiles(List<Path> files, MountReader mounts) {
    this.files = List.copyOf(files);
    this.mounts = mounts;
  }

  @Override
  public Set<Path> now() throws IOException {
    var table = mounts.read();
    var paths = new LinkedHashSet<Path>();
    for (var file : files) {
      paths.add(file);
      var real = OverlayRoot.linkTarget(file).orElse(file);
      paths.add(real);
      var through = table.containing(real);
      if (through.isEmpty()) {
        continue;
      }
      var mount = through.get();
      var inside =
          Path.of(mount.root()).resolve(Path.of(mount.target()).relativize(real)).normalize();
      for (var other : table.ofDevice(mount.device())) {
        var root = Path.of(other.root());
        if (inside.startsWith(root)) {
          paths.add(Path.of(other.target()).resolve(root.relativize(inside)).normalize());
        }
      }
    }
    return paths;
  }
}
