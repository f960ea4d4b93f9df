package dev.berth.node.linux;

import jnr.ffi.Pointer;
import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;
import org.jspecify.annotations.Nullable;

/**
 * The C library's functions as they are. Text is passed as bytes that end in NUL, so that no
 * conversion depends on the process's locale. Public only because generated code must see it.
 */
public interface LibC {

  long syscall(long number, int fd, @In byte[] path, @In byte[] how, long size);

  long syscall(long number, long a, long b, long c, long d);

  int close(int fd);

  int mkdirat(int fd, @In byte[] path, int mode);

  int umask(int mask);

  int unshare(int flags);

  int unlinkat(int fd, @In byte[] path, int flags);

  int statx(int fd, @In byte[] path, int flags, int mask, @Out byte[] buffer);

  long getdents64(int fd, @Out byte[] buffer, long size);

  int fsync(int fd);

  int ioctl(int fd, long request, byte[] argument);

  int ioctl(int fd, long request, long argument);

  long fgetxattr(int fd, @In byte[] name, @Out byte[] value, long size);

  int fsetxattr(int fd, @In byte[] name, @In byte[] value, long size, int flags);

  int fremovexattr(int fd, @In byte[] name);

  int mount(
      @In byte[] source,
      @In byte[] target,
      @In byte @Nullable [] type,
      long flags,
      @In byte @Nullable [] data);

  int umount2(@In byte[] target, int flags);

  int posix_openpt(int flags);

  int grantpt(int fd);

  int unlockpt(int fd);

  int ptsname_r(int fd, @Out byte[] buffer, long size);

  long read(int fd, @Out byte[] buffer, long size);

  long write(int fd, @In byte[] buffer, long size);

  int poll(@In @Out byte[] files, long count, int millis);

  int epoll_create1(int flags);

  int epoll_ctl(int epoll, int operation, int fd, @In byte[] event);

  int epoll_wait(int epoll, @Out byte[] events, int max, int millis);

  int kill(int pid, int signal);

  int pipe2(@Out int[] ends, int flags);

  int waitpid(int pid, @Out int[] status, int options);

  int posix_spawn(
      @Out int[] pid,
      @In byte[] path,
      Pointer actions,
      Pointer attributes,
      Pointer argv,
      Pointer environment);

  int posix_spawn_file_actions_init(Pointer actions);

  int posix_spawn_file_actions_destroy(Pointer actions);

  int posix_spawn_file_actions_addopen(
      Pointer actions, int fd, @In byte[] path, int flags, int mode);

  int posix_spawn_file_actions_adddup2(Pointer actions, int fd, int as);

  int posix_spawn_file_actions_addclosefrom_np(Pointer actions, int from);

  int posix_spawn_file_actions_addchdir_np(Pointer actions, @In byte[] path);

  int posix_spawnattr_init(Pointer attributes);

  int posix_spawnattr_destroy(Pointer attributes);

  int posix_spawnattr_setflags(Pointer attributes, short flags);

  int posix_spawnattr_setsigmask(Pointer attributes, @In byte[] signals);

  int posix_spawnattr_setsigdefault(Pointer attributes, @In byte[] signals);
}
