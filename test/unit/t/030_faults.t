# Brokers that fail, records that cannot be written, memory that is bounded.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SenderTest;
use Test::More;
use Time::HiRes qw(time sleep);

# librdkafka and Kafka error codes used below
use constant {
	MSG_SIZE_TOO_LARGE         => 10,
	NOT_LEADER_FOR_PARTITION   => 6,
	REQUEST_TIMED_OUT          => 7,
	NOT_ENOUGH_REPLICAS        => 19,
	TOPIC_AUTHORIZATION_FAILED => 29,
	INVALID_RECORD             => 87,
	SKIPPED                    => 1,
	RETRY                      => 2,
	FATAL                      => 3,
};

my $broker  = start_broker('--brokers', '3', '--topic', 'order:4', '--topic', 'one:1');
my @servers = ('bootstrap.servers', $broker->{address});

# Each key's first appearances must be in the order they were sent; runs may
# repeat (at least once), and the last of a key is its newest.
sub check_order
{
	my ($what, $topic, $count) = @_;
	my (%next, %last, $wrong, $total);

	for my $r (read_topic($broker, $topic))
	{
		my $n = $r->{payload};

		$next{ $r->{key} } //= 0;
		$wrong //= "key $r->{key}: $n before $next{$r->{key}}" if $n > $next{ $r->{key} };
		$next{ $r->{key} } = $n + 1 if $n == $next{ $r->{key} };
		$last{ $r->{key} } = $n;
		$total++;
	}
	my $keys = keys %next;
	is($wrong, undef, "$what: no record overtook another");
	is(scalar(grep { $next{$_} == $count } keys %next), $keys, "$what: nothing is missing");
	is(scalar(grep { $last{$_} == $count - 1 } keys %last), $keys, "$what: the last of each key is its newest");
	note("$what: $total records, " . $keys * $count . ' sent');
	return;
}

# Order over lost brokers, moved leaders and refused requests.  One request in
# flight: the mock broker does not refuse what comes out of sequence, as real
# brokers do; with them (and five in flight) the suites in test/kafka do this.
my $sender = start_sender(@servers, 'max.in.flight.requests.per.connection', '1');
my @keys   = map { "key$_" } 1 .. 5;
$sender->put(topic(1, 'order'));
my $n = 0;
for my $round (1 .. 40)
{
	for (1 .. 50)
	{
		$sender->put(join '', map { record(1, $_, $n) } @keys);
		$n++;
	}
	$broker->tell('down 1')  if $round == 5;
	$broker->tell('down')    if $round == 8;
	$broker->tell('up')      if $round == 12;
	$broker->tell('error 20 ' . NOT_LEADER_FOR_PARTITION) if $round == 16;
	$broker->tell("leader order $_ " . ($_ % 3 + 1)) foreach $round == 18 ? (0 .. 3) : ();
	$broker->tell('error 10 ' . REQUEST_TIMED_OUT)   if $round == 22;
	$broker->tell('error 30 ' . NOT_ENOUGH_REPLICAS) if $round == 26;
	$broker->tell('down 2') if $round == 30;
	kill 'STOP', $sender->{pid} if $round == 33;
	kill 'CONT', $sender->{pid} if $round == 35;
	$broker->tell('up 2') if $round == 36;
	$sender->pump(0.05);
}
ok($sender->wait_for_ack($n * @keys, 60), 'all is acknowledged in the end');
check_order('faults', 'order', $n);
$sender->close_input;
is($sender->exit_code, 0, 'the sender lived through it');

# Killed and started again from the last acknowledgement, as a worker does
my $acked = 0;
my $total = 0;
$n = 0;
my @sent;
for my $life (1 .. 4)
{
	my $base = $acked;

	$sender = start_sender(@servers);
	$sender->put(topic(1, 'killed'));
	push @sent, map { [ $_ % 5, int($_ / 5) ] } scalar(@sent) .. scalar(@sent) + 1999 if $life < 4;
	$sender->put(join '', map { record(1, "key$_->[0]", $_->[1]) } @sent[ $base .. $#sent ]);
	$sender->wait_for_ack($life < 4 ? 500 : @sent - $base) if $base < @sent;
	my ($newest) = (0, map { $_->{sequence} } grep { $_->{type} eq 'A' } @{ $sender->{frames} })[-1];
	$acked = $base + $newest;
	kill 'KILL', $sender->{pid};
	is($sender->exit_code, 256 + 9, "life $life ends by SIGKILL");
}
is($acked, scalar @sent, 'all is acknowledged in the end');
check_order('killed', 'killed', @sent / 5);

# Broker down from the start: said once, with the reason; then it comes
$broker->tell('down');
$sender = start_sender(@servers);
my $status = $sender->wait_for(sub { $_->{type} eq 'U' });
is($status->{up}, 0, 'no broker: not connected');
like($status->{text}, qr/Connection refused|Disconnected|refused.*bootstrap\.servers/s, 'and why');
$sender->put(topic(1, 'late') . record(1, 'k', 'v'));
$sender->pump(0.1) foreach 1 .. 20;
cmp_ok(scalar(grep { $_->{type} eq 'U' } @{ $sender->{frames} }), '<=', 2, 'not at each attempt');
cmp_ok(scalar(grep { $_->{type} eq 'L' } @{ $sender->{frames} }), '<', 20, 'nor are log lines');
ok(!(grep { $_->{type} eq 'E' && $_->{severity} >= RETRY } @{ $sender->{frames} }), 'it is no reason to end');
$broker->tell('up');
ok($sender->wait_for_ack(1), 'the record arrives when there is a broker');
$status = $sender->wait_for(sub { $_->{type} eq 'U' && $_->{up} });
ok($status, 'connected');
$broker->tell('down');
ok($sender->wait_for(sub { $_->{type} eq 'U' && !$_->{up} && $_ != $sender->{frames}[1] }), 'lost again, without a record');
$broker->tell('up');
$sender->close_input;
is($sender->exit_code, 0, 'end');

# An address that does not exist
$sender = start_sender('bootstrap.servers', 'no-such-host.invalid:9092');
like($sender->wait_for(sub { $_->{type} eq 'U' })->{text}, qr/resolve.*check bootstrap\.servers/s, 'a name that does not resolve is said');
$sender->close_input;
$sender->exit_code;

# Too large, by our own limit: fail names record, size and what to raise
my $head = topic(1, 'sizes');
$sender = start_sender(@servers);
$sender->put($head . record(1, 'k', 'good') . record(1, 'k', 'x' x 1_500_000, lsn => 4711) . record(1, 'k', 'after'));
my $error = $sender->wait_for(sub { $_->{type} eq 'E' });
is_deeply([ @{$error}{qw(severity code lsn sequence topic name)} ],
	[ FATAL, MSG_SIZE_TOO_LARGE, 4711, 2, 'sizes', 'MSG_SIZE_TOO_LARGE' ], 'a record too large ends the sender, naming it');
like($error->{text}, qr/could not write a record of 15000\d\d bytes to topic "sizes": .*; raise message\.max\.bytes \(producer\.override\.max\.request\.size\) and the topic's max\.message\.bytes/, 'in words');
is($sender->exit_code, 1, 'exit code 1');

# ... skip leaves it out and goes on; also one that is never held in memory
$sender = start_sender(@servers, 'w2k.on.record.error', 'skip');
$sender->put($head . record(1, 'k', 'one') . record(1, 'k', 'x' x 1_048_600, lsn => 4711));
my $memory = $sender->wait_for_ack(2) && $sender->memory_kb;
$sender->put(record(1, 'k', 'x' x 300_000_000, lsn => 4712) . record(1, 'k', 'two'));
until ($sender->put('')) { $sender->pump(0.001); }
ok($sender->wait_for_ack(4, 60), 'skipped records count as acknowledged');
is_deeply([ map { [ @{$_}{qw(severity lsn sequence)} ] } grep { $_->{type} eq 'E' } @{ $sender->{frames} } ],
	[ [ SKIPPED, 4711, 2 ], [ SKIPPED, 4712, 3 ] ], 'each is reported');
cmp_ok($sender->memory_kb - $memory, '<', 60_000, 'a record of 300 MB takes no memory to speak of');
is_deeply([ map { $_->{payload} } read_topic($broker, 'sizes') ], [ 'good', 'one', 'two' ], 'the others are there')
  or diag explain [ map { substr($_->{payload}, 0, 20) } read_topic($broker, 'sizes') ];

# Refused by the broker: one record can be skipped ...
$sender->put(topic(2, 'one') . record(2, 'k', 'a'));
$sender->wait_for_ack(5);
$broker->tell('error 1 ' . INVALID_RECORD);
$sender->put(record(2, 'k', 'refused', lsn => 99));
ok($sender->wait_for_ack(6), 'a record the broker refuses is skipped');
my ($refused) = grep { $_->{type} eq 'E' && $_->{lsn} == 99 } @{ $sender->{frames} };
is($refused->{severity}, SKIPPED, 'as the policy says');
like($refused->{text}, qr/compacted topic .* refuses records without a key/, 'with the likely reason');

# ... a whole batch cannot: the others in it are not to blame
$sender->close_input;
$sender->exit_code;
$sender = start_sender(@servers, 'w2k.on.record.error', 'skip', 'linger.ms', '300');
$broker->tell('error 1 ' . MSG_SIZE_TOO_LARGE);
$sender->put(topic(2, 'one') . join '', map { record(2, 'k', 'x' x 1000, lsn => 200 + $_) } 1 .. 20);
$error = $sender->wait_for(sub { $_->{type} eq 'E' });
is($error->{severity}, FATAL, 'a refused batch ends the sender, skip or not');
is($error->{lsn}, 201, 'naming its first record');
like($error->{text}, qr/a batch of 20 records.*batch\.num\.messages/, 'and says how to find the one');
is($sender->exit_code, 1, 'exit code 1');

# A person must act: authorization
$sender = start_sender(@servers);
$broker->tell('error 1 ' . TOPIC_AUTHORIZATION_FAILED);
$sender->put(topic(1, 'one') . record(1, 'k', 'v', lsn => 5));
$error = $sender->wait_for(sub { $_->{type} eq 'E' });
is($error->{severity}, FATAL, 'no permission: a person must act');
like($error->{text}, qr/to topic "one".*grant the connector's Kafka user DESCRIBE and WRITE/, 'and is told how');
is($sender->exit_code, 1, 'exit code 1');

# A time limit of the user's own: a new sender may do better
$sender = start_sender(@servers, 'message.timeout.ms', '1000');
$sender->put(topic(1, 'one') . record(1, 'k', 'v'));
$sender->wait_for_ack(1);
$broker->tell('down');
$sender->put(record(1, 'k', 'w'));
$error = $sender->wait_for(sub { $_->{type} eq 'E' && $_->{severity} >= RETRY });
is($error->{severity}, RETRY, 'a message timeout is worth another try') or diag explain $error;
$sender->exit_code;
$broker->tell('up');

# Small records, no broker: what they cost beyond their bytes is counted
$sender = start_sender(@servers, 'queue.buffering.max.kbytes', '16384');
$sender->wait_for(sub { $_->{type} eq 'U' });
$sender->put(topic(1, 'small') . headers(1, map { ("header$_", 'value') } 1 .. 4));
$broker->tell('down');
my $many = join '', map { record(1, 'k', 'v', set => 1) } 1 .. 1000;
for (1 .. 400) { last unless $sender->put($many); $sender->pump(0.002); }
ok(length $sender->{out_buf}, 'a queue full of small records stops the reading');
sleep 0.5;
cmp_ok($sender->memory_kb, '<', 400_000, 'within bounds (of a build with sanitizers)');
note('memory ' . $sender->memory_kb . ' kB');
$broker->tell('up');
until ($sender->put('')) { $sender->pump(0.01); }
$sender->put(flush_frame(9));
ok($sender->wait_for(sub { $_->{type} eq 'f' }, 60), 'and it goes on when there is a broker');
$sender->close_input;
is($sender->exit_code, 0, 'end');

# Topic creation: brokers that cannot are left to create topics themselves
$sender = start_sender(@servers, 'w2k.topic.creation.default.partitions', '1', 'w2k.topic.creation.default.replication.factor', '1');
$sender->put(topic(1, 'one') . topic(2, 'created') . record(1, 'k', 'v') . record(2, 'k', 'v') . record(1, 'k', 'v'));
ok($sender->wait_for_ack(3), 'records of old and new topics arrive');
is(scalar(grep { $_->{type} eq 'L' && $_->{facility} eq 'TOPIC' } @{ $sender->{frames} }), 1, 'one log line says why')
  or diag explain $sender->{frames};
$sender->close_input;
is($sender->exit_code, 0, 'end');

done_testing();
