package dev.berth.node.disk;

import java.nio.file.Path;
import java.util.List;

/**
 * Mounts and unmounts file systems, each in a child process (mount(8), umount(8)), because either
 * can hang on an ill device or server. Bind mounts, which cannot, are made through {@link
 * dev.berth.node.linux.Syscalls}. After {@link Outcome.Uncertain} the mount table tells. Targets
 * are absolute paths without symbolic links, as mountinfo writes them.
 */
public interface Mounter {

  /**
   * What to mount.
   *
   * @param type for example ext4, nfs, tmpfs
   * @param source a device's path, SERVER:/PATH, or any name for file systems without a source
   * @param options as after mount's -o, without commas inside one
   */
  record Request(String type, String source, Path target, List<String> options) {
    public Request {
      options = List.copyOf(options);
    }
  }

  Outcome mount(Request request) throws InterruptedException;

  /** Takes the topmost mount at {@code target} away; failed when it is in use. */
  Outcome unmount(Path target) throws InterruptedException;
}
