# The sender's consumer of signals: what it reads, and where it goes on.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SenderTest;
use Test::More;

my $broker = start_broker('--topic', 'signals:2', '--topic', 'late:1');

# A record, in partition 0 unless said.
sub produce
{
	my ($topic, $key, $value, $partition) = @_;

	open(my $kcat, '|-', 'kcat', '-P', '-b', $broker->{address}, '-t', $topic,
		'-p', $partition // 0, '-K', '|') or die;
	print $kcat "$key|$value\n";
	close($kcat) or die "kcat: $?";
}

sub start_consumer
{
	my ($topic, @more) = @_;
	return start_sender('bootstrap.servers', $broker->{address},
		'w2k.signal.topic', $topic, 'w2k.signal.key', 'shop',
		'w2k.signal.consumer.bootstrap.servers', $broker->{address},
		'w2k.signal.consumer.group.id', 'group', @more);
}

# Signals that have come so far, as text.
sub signals
{
	my ($sender) = @_;
	return join(' ', map { "$_->{offset}:$_->{value}" }
		grep { $_->{type} eq 'I' } @{ $sender->{frames} });
}

sub wait_for_signal
{
	my ($sender, $value) = @_;
	return $sender->wait_for(sub { $_->{type} eq 'I' && $_->{value} eq $value });
}

# Whole keys only, partition 0 only, whatever the value.
produce('signals', 'shop', 'one');
produce('signals', 'shop2', 'no');
produce('signals', 'sho', 'no');
produce('signals', 'shop', 'no', 1);
my $sender = start_consumer('signals', 'w2k.signal.consumer.auto.offset.reset', 'earliest');
ok(wait_for_signal($sender, 'one'), 'a signal from before');
produce('signals', 'shop', '{"x":2}');
produce('signals', 'shop', 'three');
ok(wait_for_signal($sender, 'three'), 'and later ones');
is(signals($sender), '0:one 3:{"x":2} 4:three', 'with their offsets, in order');

# Records go on meanwhile.
$sender->put(topic(1, 'rows') . record(1, 'k', 'v'));
ok($sender->wait_for_ack(1), 'a record is acknowledged');

# What the worker has not confirmed comes again, what it has does not.
$sender->put(signalled(0) . signalled(3));
$broker->tell('committed group signals 4');
kill 'KILL', $sender->{pid};
$sender->exit_code;
$sender = start_consumer('signals');
ok(wait_for_signal($sender, 'three'), 'it comes again');
is(signals($sender), '4:three', 'and nothing else does');
$sender->put(signalled(4));
produce('signals', 'other', 'no');
$broker->tell('committed group signals 5');
kill 'KILL', $sender->{pid};
$sender->exit_code;
$sender = start_consumer('signals');
produce('signals', 'shop', 'four');
ok(wait_for_signal($sender, 'four'), 'the next one');
is(signals($sender), '6:four', 'alone');
close $sender->{in};

# Many, faster than anybody takes them.
produce('signals', 'shop', join("\nshop|", map { "n$_" } 1 .. 300));
$sender = start_consumer('signals', 'w2k.signal.consumer.group.id', 'another',
	'w2k.signal.consumer.auto.offset.reset', 'earliest');
ok(wait_for_signal($sender, 'n300'), 'all of many');
is(scalar(grep { $_->{type} eq 'I' } @{ $sender->{frames} }), 304, 'none twice');
close $sender->{in};

# From now on: a place is kept from the first, though nothing came.
produce('late', 'shop', 'of old');
$sender = start_consumer('late', 'w2k.signal.consumer.auto.offset.reset', 'latest');
$broker->tell('committed group late 1');
kill 'KILL', $sender->{pid};
$sender->exit_code;
produce('late', 'shop', 'while away');
$sender = start_consumer('late', 'w2k.signal.consumer.auto.offset.reset', 'latest');
ok(wait_for_signal($sender, 'while away'), 'latest: what came meanwhile');
is(signals($sender), '1:while away', 'and nothing of old');
close $sender->{in};

# A frame without a signal; settings that nobody may give.
$sender = start_sender('bootstrap.servers', $broker->{address});
$sender->put(signalled(1));
like($sender->wait_for(sub { $_->{type} eq 'E' })->{text}, qr/SIGNALLED frame/, 'no signals were asked for');
foreach my $case (
	[ 'plugin.library.paths', '/tmp/x', qr/plugin.library.paths" is not allowed/ ],
	[ 'no.such', 'x', qr/"no.such" of the consumer of signals/ ])
{
	my ($name, $value, $error) = @$case;

	$sender = start_consumer('signals', "w2k.signal.consumer.$name", $value);
	like($sender->wait_for(sub { $_->{type} eq 'E' })->{text}, $error, "$name is refused");
}
done_testing();
