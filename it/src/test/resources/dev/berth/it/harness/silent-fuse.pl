# Mounts a file system on each directory that is named: it says that it is there, and from then on
# takes every request and answers none. Whoever asks it anything waits in the kernel, not even
# SIGKILL ends that, until this program ends.
use strict;
use warnings;
use Fcntl;
use IO::Select;

my $SYS_MOUNT = 165;
my $REQUEST_BYTES = 1 << 17;
my $waiting = IO::Select->new;
for my $directory (@ARGV) {
  sysopen(my $fuse, '/dev/fuse', O_RDWR) or die "/dev/fuse: $!\n";
  my $options = 'fd=' . fileno($fuse) . ',rootmode=40000,user_id=0,group_id=0,allow_other';
  my ($source, $type) = ('silent', 'fuse.silent');
  syscall($SYS_MOUNT, $source, $directory, $type, 0, $options) == 0 or die "$directory: $!\n";
  sysread($fuse, my $request, $REQUEST_BYTES) or die "$directory: $!\n";
  my ($length, $operation, $unique) = unpack('LLQ', $request);
  # The answer to FUSE_INIT, version 7.31: struct fuse_out_header, struct fuse_init_out.
  my $answer = pack('LlQ L4 S2 L2 S2 L8', 80, 0, $unique,
    7, 31, $REQUEST_BYTES, 0, 12, 9, 4096, 1, 1, 0, (0) x 8);
  syswrite($fuse, $answer) == 80 or die "$directory: $!\n";
  $waiting->add($fuse);
}
$| = 1;
print "mounted\n";
while (my @asked = $waiting->can_read) {
  sysread($_, my $request, $REQUEST_BYTES) for @asked;
}
