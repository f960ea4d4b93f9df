# Reads a piece of each of many devices.
#
# Arguments: device, offset and length in bytes, for each. Writes one line for each device, as soon
# as it was read: what comes after one that does not answer is not known; what was before it is, when
# this can be ended.
#   read DEVICE HEX           all of the piece
#   error DEVICE TEXT         why it cannot be read
# and none for a device that ends before the piece does.
my @asked = @ARGV;
$| = 1;

while (my ($device, $offset, $length) = splice(@asked, 0, 3)) {
  sysopen(my $file, $device, 0) or do { print "error $device $!\n"; next };
  sysseek($file, $offset, 0);
  my $got = sysread($file, my $bytes, $length);
  if (!defined $got) { print "error $device $!\n"; next }
  next if $got != $length;
  print "read $device ", unpack('H*', $bytes), "\n";
}
