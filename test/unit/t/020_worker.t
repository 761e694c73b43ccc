# The sender as a worker's child: answers, ends and signals (hazards R5, R6).
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SenderTest;
use Test::More;
use Time::HiRes qw(time sleep);

my $broker  = start_broker();
my @servers = ('bootstrap.servers', $broker->{address});

# Answers
my $sender = start_sender(@servers, 'w2k.connector', 'shop', 'w2k.statistics.interval.ms', '200');
my $first  = $sender->wait_for(sub { 1 });
is($first->{type}, 'H', 'the first answer is HELLO');
is($first->{version}, 2, 'with the protocol version');
like($first->{library}, qr/^\d+\.\d+/, 'and that of librdkafka');
my $status = $sender->wait_for(sub { $_->{type} eq 'U' });
is($status->{up}, 1, 'connected, before any record');

$sender->put(topic(1, 'worker') . record(1, 'k', "v$_", lsn => 100 + $_)) foreach 1 .. 10;
ok($sender->wait_for_ack(10), 'ten records are acknowledged');
my $ack = $sender->wait_for_ack(10);
is($ack->{records}, 0, 'nothing is queued any more');
is($ack->{bytes},   0, 'no bytes either');
$sender->put(flush_frame(77));
my $flushed = $sender->wait_for(sub { $_->{type} eq 'f' });
is_deeply([ @{$flushed}{qw(id sequence)} ], [ 77, 10 ], 'FLUSH with nothing in flight is answered at once');
$broker->tell('rtt 300');
$sender->put(record(1, 'k', 'slow') . flush_frame(78) . record(1, 'k', 'later'));
$flushed = $sender->wait_for(sub { $_->{type} eq 'f' && $_->{id} == 78 });
is($flushed->{sequence}, 11, 'FLUSH waits for the records before it');
my ($seen) = grep { $sender->{frames}[$_] == $flushed } 0 .. $#{ $sender->{frames} };
ok((grep { $_->{type} eq 'A' && $_->{sequence} >= 11 } @{ $sender->{frames} }[ 0 .. $seen ]),
	'whose acknowledgement comes first');
$broker->tell('rtt 0');
my $statistics = $sender->wait_for(sub { $_->{type} eq 'J' })->{json};
like($statistics, qr/"client_id"\s*:\s*"wal2kafka-shop"/,
	'statistics come, with our client id');
like($statistics, qr/^\{.*"brokers".*"rtt".*"toppars":\{\}.*\}$/s,
	'and the brokers');
unlike($statistics, qr/"topics"|"partition"/,
	'but nothing of topics and partitions');
open(my $fh, '<', "/proc/$sender->{pid}/oom_score_adj") or die;
cmp_ok(scalar <$fh>, '>', 0, 'first choice of the out-of-memory killer');
open($fh, '<', "/proc/$sender->{pid}/limits") or die;
ok((grep { /^Max core file size\s+0\s+0/ } <$fh>), 'no core file');
open($fh, '<', "/proc/$sender->{pid}/comm") or die;
is(scalar <$fh>, "wal2kafka-sende\n", 'its process has its name');

# The worker's process group is signalled
kill $_, $sender->{pid} foreach qw(INT TERM HUP USR1 USR2 ALRM PIPE);
sleep 0.3;
$sender->put(record(1, 'k', 'alive'));
ok($sender->wait_for_ack(13), 'SIGINT, SIGTERM and others are ignored');
kill 'QUIT', $sender->{pid};
is($sender->exit_code, 1, 'SIGQUIT: exit code 1');
$sender = start_sender(@servers);
$sender->wait_for(sub { $_->{type} eq 'U' });
kill 'ABRT', $sender->{pid};
is($sender->exit_code, 1, 'SIGABRT: exit code 1, not a death by signal');

# The end of the input is the end, with nothing flushed
$sender = start_sender(@servers);
$sender->put(topic(1, 'ended') . record(1, 'k', 'first'));
$sender->wait_for_ack(1);
$broker->tell('down');
$sender->put(record(1, 'k', 'queued') x 100);
sleep 0.3;
my $begin = time;
$sender->close_input;
is($sender->exit_code, 0, 'end of input with records queued and no broker: exit code 0');
cmp_ok(time - $begin, '<', 3, 'at once');
$broker->tell('up');
is(scalar(my @ended = read_topic($broker, 'ended')), 1, 'what was queued was not sent');

# ... also when the pipe is full because we stopped reading
$sender = start_sender(@servers, 'queue.buffering.max.kbytes', '1024');
$sender->put(topic(1, 'full'));
$sender->wait_for(sub { $_->{type} eq 'U' });
$broker->tell('down');
my $big = record(1, 'k', 'x' x 100_000);
for (1 .. 200) { last unless $sender->put($big); sleep 0.005; }
ok(length $sender->{out_buf}, 'a full queue stops the reading');
$sender->close_input;
is($sender->exit_code, 0, 'the end is noticed with the pipe full');
$broker->tell('up');

# ... and when it is stopped meanwhile, as soon as it runs again
$sender = start_sender(@servers);
$sender->wait_for(sub { $_->{type} eq 'U' });
kill 'STOP', $sender->{pid};
$sender->put(topic(1, 'stopped') . record(1, 'k', 'v') x 1000);
$sender->close_input;
kill 'CONT', $sender->{pid};
is($sender->exit_code, 0, 'stopped, its input closed, continued: exit code 0');

# Answers that nobody reads
$sender = start_sender(@servers);
$sender->wait_for(sub { $_->{type} eq 'U' });
$sender->put(topic(1, 'unread'));
my $count = 0;
for (1 .. 3000)
{
	$sender->put(record(1, "k$_", 'v' x 100));
	$count++;
	sleep 0.0005;
}
$sender->put('') and $sender->put(flush_frame(1));
sleep 0.2 until $sender->put('');
ok($sender->wait_for(sub { $_->{type} eq 'f' }), 'a worker that does not read its answers gets them later');
is($sender->wait_for_ack($count)->{sequence}, $count, 'the newest acknowledgement among them');
close $sender->{out};
$sender->put(record(1, 'k', 'v'));
is($sender->exit_code, 0, 'nobody to answer to: it leaves');

# The worker dies without closing the pipe (somebody else holds it open)
pipe(my $pid_r, my $pid_w) or die;
my $middle = fork() // die;
if ($middle == 0)
{
	close $pid_r;
	my $child = start_sender(@servers);
	$child->wait_for(sub { $_->{type} eq 'U' });
	syswrite($pid_w, "$child->{pid}\n");
	my $holder = fork();
	if ($holder == 0) { sleep 30; POSIX::_exit(0); }    # holds both pipes
	syswrite($pid_w, "$holder\n");
	sleep 30;
	POSIX::_exit(0);
}
close $pid_w;
chomp(my $orphan = <$pid_r>);
chomp(my $holder = <$pid_r>);
ok(kill(0, $orphan), 'a sender runs');
kill 'KILL', $middle;
waitpid($middle, 0);
my $until = time + 60;
my $state = 'R';
while (time < $until && $state ne 'gone')
{
	# Nobody reaps it where init does not: a zombie is dead as well
	my $line;
	$line = <$fh> if open($fh, '<', "/proc/$orphan/stat");
	$state = !defined $line || $line =~ /\) Z / ? 'gone' : 'R';
	sleep 0.02;
}
is($state, 'gone', 'its worker killed, the kernel ends it');
kill 'KILL', $holder;

# What it is told is checked; nothing is half started
my $secret = 'hunter2-the-password';
for my $case (
	[ [ @servers, 'plugin.library.paths', '/tmp/x.so' ], qr/property "plugin.library.paths" is not allowed: it loads code/ ],
	[ [ @servers, 'sasl.kerberos.kinit.cmd', 'touch /tmp/x' ], qr/"sasl.kerberos.kinit.cmd" is not allowed: it runs a command/ ],
	[ [ @servers, 'ssl.engine.location', 'x' ], qr/"ssl.engine.location" is not allowed/ ],
	[ [ @servers, 'internal.termination.signal', '9' ], qr/"internal.termination.signal" is not allowed/ ],
	[ [ @servers, 'transactional.id', 'x' ], qr/exactly-once delivery is not implemented/ ],
	[ [ @servers, 'compression.codec', 'rar' ], qr/invalid value for property "compression.codec"/ ],
	[ [ @servers, 'no.such.thing', '1' ], qr/unrecognized property "no.such.thing"/ ],
	[ [ @servers, 'w2k.no.such.thing', '1' ], qr/unrecognized setting "w2k.no.such.thing"/ ],
	[ [ @servers, 'security.protocol', 'ssl', 'ssl.key.pem', $secret ], qr/ssl\.key\.pem/ ],
	[ [ @servers, 'security.protocol', 'sasl_plaintext', 'sasl.mechanism', 'PLAIN', 'sasl.username', 'u', 'sasl.password', $secret, 'linger.ms', 'x' ], qr/"linger.ms"/ ],
	[ [ 'linger.ms', '1' ], qr/"bootstrap.servers" is not set/ ],)
{
	my ($settings, $expected) = @$case;

	$sender = start_sender(@$settings);
	my $error = $sender->wait_for(sub { $_->{type} eq 'E' });
	like($error->{text} // '', $expected, ($settings->[2] // 'nothing') . ": $expected");
	is($error->{severity}, 3, 'a person must act');
	is($sender->exit_code, 1, 'exit code 1');
	unlike(join(' ', map { $_->{text} // '' } @{ $sender->{frames} }), qr/\Q$secret/, 'no secret is told');
}

# Frames that are not what they should be
for my $case (
	[ 'CONFIG before HELLO', config(@servers) ],
	[ 'a second CONFIG', hello() . config(@servers) . config(@servers) ],
	[ 'a record before CONFIG', hello() . topic(1, 't') . record(1, 'k', 'v') ],
	[ 'HTTP', "GET / HTTP/1.0\r\n\r\n" ],
	[ 'a CONFIG of more settings than it has', hello() . frame('C', pack('V', 1_000_000)) ],
	[ 'a newline between frames', hello() . "\n" ],)
{
	my ($what, $bytes) = @$case;

	$sender = start_sender();
	$sender->put($bytes);
	my $error = $sender->wait_for(sub { $_->{type} eq 'E' });
	is($error->{severity}, 3, "$what is refused");
	like($error->{text}, qr/malformed/, 'in words');
	is($sender->exit_code, 1, 'exit code 1');
}
$sender = start_sender();
$sender->put(hello(version => 3));
like($sender->wait_for(sub { $_->{type} eq 'E' })->{text},
	qr/speaks version 3 of the frame protocol, wal2kafka-sender \S+ speaks 2; install both of one version and restart the server/,
	'another protocol version');

done_testing();
