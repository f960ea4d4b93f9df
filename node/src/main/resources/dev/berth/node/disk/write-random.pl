# Writes random bytes over a region of a block device that nobody else uses, and syncs them.
#
# Arguments: device, offset and length in bytes. Exits with 0 only when every byte is on the disk.
use IO::Handle;
my ($device, $offset, $length) = @ARGV;
my $step = 1 << 20;

sysopen(my $file, $device, 0201) or die "cannot open $device: $!\n";    # O_EXCL | O_WRONLY
open(my $random, '<:raw', '/dev/urandom') or die "cannot open /dev/urandom: $!\n";
sysseek($file, $offset, 0) or die "cannot seek to $offset: $!\n";
while ($length > 0) {
  my $wanted = $length < $step ? $length : $step;
  my $got = sysread($random, my $bytes, $wanted) or die "cannot read /dev/urandom: $!\n";
  for (my $at = 0; $at < $got;) {
    my $written = syswrite($file, $bytes, $got - $at, $at);
    defined $written or die "cannot write at byte $offset: $!\n";
    $at += $written;
    $offset += $written;
  }
  $length -= $got;
}
$file->sync or die "cannot sync: $!\n";
