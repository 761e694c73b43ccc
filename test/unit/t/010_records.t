# What goes in as a frame comes out of Kafka the same.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SenderTest;
use Test::More;

# Java's Utils.murmur2 of these keys, from Kafka's own UtilsTest
my %java_murmur2 = (
	'21'                                               => -973932308,
	'foobar'                                           => -790332482,
	'a-little-bit-long-string'                         => -985981536,
	'a-little-bit-longer-string'                       => -1486304829,
	'lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8' => -58897971,
	'abc'                                              => 479470107,);

my $broker   = start_broker('--topic', 'seven:7', '--topic', 'one:1', '--topic', 'keyless:7');
my $settings = "# alone\nbootstrap.servers = $broker->{address}\n";
my @inputs   = (
	[ 'k',   'v',   headers => [ 'own', 'x', 'null', undef ], set => 1 ],
	[ undef, undef, set => 1 ],
	[ '',    '',    headers => [ 'empty', '' ] ],
	[ 'k',   undef, op => 'x' ],
	[ undef, 'v',   timestamp => 1700000000123 ],
	[ "\"\\\x01", 'x' x 900_000 ],);

my $stream = hello() . topic(70_000, 'one') . headers(1, 'a', '1', 'b', '2', 'a', '3');
$stream .= begin_txn(7, 100);
$stream .= record(70_000, @$_) foreach @inputs;
$stream .= commit_txn(200, scalar @inputs);

# As pg_recvlogical writes them: a newline behind each message
$stream .= "\n" . topic(5, 'seven') . "\n";
$stream .= record(5, $_, $_) . "\n" foreach sort keys %java_murmur2;
$stream .= record(5, 'foobar', 'forced', partition => 6) . "\n\n\n";

my ($rc, $stderr) = run_alone($settings, $stream);
is($rc, 0, 'exit code 0 when all is acknowledged') or diag $stderr;
like($stderr, qr/13 records, acknowledged up to 13\n\z/, 'and it says so');

my @records = read_topic($broker, 'one');
is(scalar @records, scalar @inputs, 'each record is there once');
for my $i (0 .. $#inputs)
{
	my ($key, $value, %o) = @{ $inputs[$i] };

	is_deeply([ $records[$i]{key}, $records[$i]{payload} ],
		[ $key, $value ], "record $i: key and value, null and empty told apart");
	is_deeply(
		$records[$i]{headers} // [],
		[ @{ $o{headers} // [] }, ($o{set} ? ('a', '1', 'b', '2', 'a', '3') : ()) ],
		"record $i: own headers first, then the set's, in order, doubles kept");
	is($records[$i]{ts}, $o{timestamp}, "record $i: time") if $o{timestamp};
}

for my $r (read_topic($broker, 'seven'))
{
	my $expected = $r->{payload} eq 'forced' ? 6 : ($java_murmur2{ $r->{key} } & 0x7fffffff) % 7;
	is($r->{partition}, $expected, "\"$r->{payload}\" is on the partition a Java producer takes");
}

# Those without a key do not keep to a partition, however long records linger
($rc, $stderr) = run_alone($settings,
	hello() . topic(1, 'keyless') . join('', map { record(1, undef, $_) } 1 .. 200));
is($rc, 0, 'records without a key');
my %partitions = map { $_->{partition} => 1 } read_topic($broker, 'keyless');
is(scalar(keys %partitions), 7, 'they are spread over all partitions');

# A new session of the plugin may give other meanings to its ids
($rc, $stderr) = run_alone($settings,
	    hello() . topic(1, 'first') . headers(1, 'h', '1') . record(1, 'a', 'a', set => 1)
	  . hello() . topic(1, 'second') . headers(1, 'h', '2') . record(1, 'b', 'b', set => 1));
is($rc, 0, 'two sessions in one stream');
is_deeply([ map { $_->{key} } read_topic($broker, 'first') ],  ['a'], 'ids of the first');
is_deeply([ map { $_->{headers}[1] } read_topic($broker, 'second') ], ['2'], 'and of the second');

# Wrong input, wrong usage
for my $case (
	[ 'an unknown topic id', hello() . record(9, 'k', 'v'), qr/malformed RECORD frame/ ],
	[ 'an unknown header set', hello() . topic(1, 'one') . record(1, 'k', 'v', set => 4), qr/malformed RECORD frame/ ],
	[ 'bytes that are no frame', "{\"topic\":1}\n", qr/malformed frame after record 0/ ],
	[ 'an unknown frame type', frame('z', ''), qr/malformed frame type/ ],
	[ 'a topic without a name', hello() . topic(1, ''), qr/malformed TOPIC frame/ ],
	[ 'a frame cut at the end', substr(hello() . topic(1, 'one'), 0, -1), qr/malformed end of the input/ ],
	[ 'settings in the stream', hello() . config('linger.ms', '1'), qr/second CONFIG/ ],
	[ 'another protocol version', hello(version => 9), qr/speaks version 9 .* speaks 2; install both of one version/ ],)
{
	my ($what, $input, $expected) = @$case;

	($rc, $stderr) = run_alone($settings, $input);
	is($rc, 1, "$what: exit code 1");
	like($stderr, $expected, "$what: said in words");
}
for my $case (
	[ 'no broker', "linger.ms=1\n", 1, qr/property "bootstrap.servers" is not set/ ],
	[ 'a misspelt property', $settings . "lingre.ms=1\n", 1, qr/unrecognized property "lingre.ms"/ ],
	[ 'a value out of range', $settings . "linger.ms=-4\n", 1, qr/invalid value for property "linger.ms"/ ],
	[ 'a secret', $settings . "sasl.password\n", 2, qr/alone.conf, line 3: expected "name=value"/ ],
	[ 'a library', $settings . "plugin.library.paths=/tmp/x.so\n", 2, qr/line 3: property "plugin.library.paths" is not allowed: it loads code/ ],
	[ 'acks=0', $settings . "acks=0\n", 1, qr/property "acks" must not be 0/ ],
	[ 'an order at risk', $settings . "enable.idempotence=false\nmax.in.flight=5\n", 1, qr/must be 1 when "enable.idempotence" is false/ ],
	[ 'half of topic creation', $settings . "w2k.topic.creation.default.partitions=1\n", 1, qr/topic creation needs both/ ],)
{
	my ($what, $conf, $code, $expected) = @$case;

	($rc, $stderr) = run_alone($conf, '');
	is($rc, $code, "$what: exit code $code");
	like($stderr, $expected, "$what: said in words");
}
for my $weaker ("acks=1\n", "enable.idempotence=false\n", "retries=0\n", "max.in.flight=10\nacks=all\nenable.idempotence=false\nmax.in.flight=1\n")
{
	($rc, $stderr) = run_alone($settings . $weaker, hello() . topic(1, 'weak') . record(1, 'k', 'v'));
	is($rc, 0, 'weaker delivery is possible: ' . join(' ', split(/\n/, $weaker))) or diag $stderr;
}
like(`$SenderTest::build/wal2kafka-sender --version`, qr/^wal2kafka-sender [\d.]+ \(frame protocol 2, librdkafka [\d.]+\)$/, '--version');
like(`$SenderTest::build/wal2kafka-sender --help`, qr/^Usage:/m, '--help');
is(system("$SenderTest::build/wal2kafka-sender --colour 2>/dev/null") >> 8, 2, 'an unknown option');

done_testing();
