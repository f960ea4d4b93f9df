# Reads regions of a block device past the page cache and says what is not zero.
#
# Arguments: device, open flags (O_DIRECT and what else the platform numbers its own way), then
# offset and length of each region in bytes. Writes one line for each fact:
#   refused ERRNO TEXT        the device could not be opened
#   size BYTES                how large the kernel says it is
#   data OFFSET HEX           the first byte of a region that is not zero, and up to 16 from there
#   short OFFSET              a read ended early at this offset
#   error OFFSET TEXT         a read failed at this offset
#   end                       everything was looked at
my ($device, $flags, @regions) = @ARGV;
my $step = 1 << 19;
my $excl = 0200;
$| = 1;

my $direct = sysopen(my $file, $device, $excl | $flags);
$direct
  or sysopen($file, $device, $excl)
  or do { printf "refused %d %s\n", $!, $!; exit 0 };

my $size = "\0" x 8;
ioctl($file, 0x80081272, $size) or do { printf "error 0 size: %s\n", $!; exit 0 };
printf "size %d\n", unpack("Q", $size);
# Where direct reads are not to be had: BLKFLSBUF drops what the page cache holds of the device.
$direct or ioctl($file, 0x1261, 0);

# Reads past the cache must go to aligned memory: use the aligned part of a larger buffer. What lies
# before it stays zero, so that the whole can be compared, without a copy, with zeros of its length.
my $buffer = "\0" x ($step + 4096);
vec($buffer, 0, 8) = 0;    # gives the buffer memory of its own, which then stays where it is
my $pad = -unpack("J", pack("P", $buffer)) & 4095;
my %zeros;

while (my ($offset, $length) = splice(@regions, 0, 2)) {
  sysseek($file, $offset, 0);
  while ($length > 0) {
    my $wanted = $length < $step ? $length : $step;
    my $got = sysread($file, $buffer, $wanted, $pad);
    if (!defined $got) { printf "error %d %s\n", $offset, $!; last }
    if ($got < $wanted) { printf "short %d\n", $offset + $got; last }
    if ($buffer ne ($zeros{$got} //= "\0" x ($pad + $got))) {
      # In a copy: a match would share the buffer's memory, and the next read move it.
      my $bytes = substr($buffer, $pad, $got);
      $bytes =~ /[^\0]/;
      printf "data %d %s\n", $offset + $-[0], unpack("H*", substr($bytes, $-[0], 16));
      last;
    }
    $offset += $got;
    $length -= $got;
  }
}
print "end\n";
