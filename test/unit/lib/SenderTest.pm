# SenderTest.pm
#		What the end-to-end tests of wal2kafka-sender share: writing frames,
#		playing the worker, the mock broker, reading topics back with kcat.
package SenderTest;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use Fcntl qw(F_SETFL F_GETFL O_NONBLOCK);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IO::Handle;
use IO::Select;
use JSON::PP;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(time sleep);

our @EXPORT = qw(
  hello config topic headers begin_txn commit_txn record flush_frame signalled frame
  schema known framed
  start_broker start_sender start_registry run_alone read_topic tempfile
);

our $build = abs_path(dirname(__FILE__) . '/../build');
our $tmp   = tempdir('w2k_sender_XXXXXX', TMPDIR => 1, CLEANUP => 1);

my @children;

END
{
	my $rc = $?;

	# Only what we started, each by its pid
	kill 'KILL', $_ foreach @children;
	waitpid($_, 0) foreach @children;
	$? = $rc;
}

# ---- frames ----

sub str { my ($s) = @_; return pack('V a*', length($s), $s); }

sub frame
{
	my ($type, $payload) = @_;
	return pack('C a v V a*', 0x57, $type, 0, length($payload), $payload);
}

sub hello
{
	my (%o) = @_;
	return frame('H', pack('v v', $o{version} // 2, 0) . str('test') . str('c'));
}

sub config
{
	my (@settings) = @_;
	my $payload = '';
	my $count   = 0;

	while (my ($name, $value) = splice(@settings, 0, 2))
	{
		$payload .= str($name) . str($value);
		$count++;
	}
	return frame('C', pack('V', $count) . $payload);
}

sub topic
{
	my ($id, $name) = @_;
	return frame('T', pack('V V', $id, 16384 + $id) . str($name) . str('public') . str('t'));
}

sub header_list
{
	my (@list) = @_;
	my $bytes = '';

	while (my ($name, $value) = splice(@list, 0, 2))
	{
		$bytes .= str($name);
		$bytes .= defined $value ? pack('l< a*', length($value), $value) : pack('l<', -1);
	}
	return $bytes;
}

sub headers
{
	my ($id, @list) = @_;
	return frame('D', pack('V v', $id, @list / 2) . header_list(@list));
}

sub begin_txn  { my ($xid, $lsn) = @_; return frame('B', pack('V Q< q<', $xid, $lsn, 0)); }
sub commit_txn { my ($lsn, $n) = @_; return frame('K', pack('Q< Q< q< V', $lsn, $lsn + 8, 0, $n)); }

sub record
{
	my ($topic, $key, $value, %o) = @_;
	my @own = @{ $o{headers} // [] };

	return frame('R',
		pack('Q< q< V V l< l< l< v a C',
			$o{lsn} // 1, $o{timestamp} // 0, $topic, $o{set} // 0,
			defined $key ? length($key) : -1,
			defined $value ? length($value) : -1,
			$o{partition} // -1, @own / 2, $o{op} // 'c', $o{flags} // 0)
		  . ($key // '') . ($value // '') . header_list(@own));
}

# A schema: of keys or not, by its reference; the rest has defaults.
sub schema
{
	my ($reference, $is_key, $text, %o) = @_;
	my $topic = $o{topic} // 'rows';
	my @others = @{ $o{references} // [] };

	return frame('X',
		pack('V C C v', $reference, $is_key, $o{schema_type} // 1, 0)
		  . str($topic)
		  . str($o{subject} // "$topic-" . ($is_key ? 'key' : 'value'))
		  . str($text)
		  . pack('v', @others / 3)
		  . join('', map { str($_) } @others));
}

sub known
{
	my ($frame) = @_;
	return frame('N', pack('C C v', $frame->{is_key}, $frame->{schema_type}, 0)
		  . str($frame->{subject}) . str($frame->{fingerprint}) . pack('V', $frame->{id}));
}

# Bytes in Confluent's frame.
sub framed { my ($number, $bytes) = @_; return pack('C N a*', 0, $number, $bytes); }

sub signalled   { my ($offset) = @_; return frame('i', pack('Q<', $offset)); }
sub flush_frame { my ($id) = @_; return frame('F', pack('V', $id)); }

sub tempfile
{
	my ($name, $content) = @_;
	my $path = "$tmp/$name";

	open(my $fh, '>:raw', $path) or die "$path: $!";
	print $fh $content;
	close $fh;
	return $path;
}

# ---- the mock broker ----

sub start_broker
{
	my (@args) = @_;
	my $self = bless({}, 'SenderTest::Broker');

	pipe(my $in_r, my $in_w) or die;
	pipe(my $out_r, my $out_w) or die;
	my $pid = fork() // die "fork: $!";
	if ($pid == 0)
	{
		open(STDIN,  '<&', $in_r)  or die;
		open(STDOUT, '>&', $out_w) or die;
		open(STDERR, '>',  "$tmp/broker.log") or die;
		close $_ foreach ($in_r, $in_w, $out_r, $out_w);
		exec("$build/mock_broker", @args) or POSIX::_exit(127);
	}
	close $in_r;
	close $out_w;
	$in_w->autoflush(1);
	push @children, $pid;
	@{$self}{qw(pid in out)} = ($pid, $in_w, $out_r);
	chomp($self->{address} = <$out_r> // die 'the mock broker did not start');
	return $self;
}

# Gives the broker a command; dies unless it says "ok".
sub SenderTest::Broker::tell
{
	my ($self, $command) = @_;

	print { $self->{in} } "$command\n";
	chomp(my $answer = readline($self->{out}) // 'gone');
	die "mock broker: $command: $answer" if $answer ne 'ok';
	return;
}

# ---- the fake schema registry ----

sub start_registry
{
	my (@args) = @_;
	my $self = bless({}, 'SenderTest::Registry');

	pipe(my $in_r, my $in_w) or die;
	pipe(my $out_r, my $out_w) or die;
	my $pid = fork() // die "fork: $!";
	if ($pid == 0)
	{
		open(STDIN,  '<&', $in_r)  or die;
		open(STDOUT, '>&', $out_w) or die;
		close $_ foreach ($in_r, $in_w, $out_r, $out_w);
		exec('python3', dirname(__FILE__) . '/fake_registry.py', @args) or POSIX::_exit(127);
	}
	close $in_r;
	close $out_w;
	$in_w->autoflush(1);
	push @children, $pid;
	@{$self}{qw(pid in out)} = ($pid, $in_w, $out_r);
	chomp($self->{url} = <$out_r> // die 'the registry did not start');
	return $self;
}

# Gives it a command; dies unless it says "ok".
sub SenderTest::Registry::tell
{
	my ($self, $command) = @_;
	my $answer = $self->ask($command);

	die "registry: $command: $answer" if $answer ne 'ok';
	return;
}

sub SenderTest::Registry::ask
{
	my ($self, $command) = @_;

	print { $self->{in} } "$command\n";
	chomp(my $answer = readline($self->{out}) // 'gone');
	return $answer;
}

# All records of a topic, as kcat's JSON says, in offset order per partition.
sub read_topic
{
	my ($broker, $topic) = @_;
	my $json = JSON::PP->new;
	my @records;

	open(my $kcat, '-|:raw', 'kcat', '-b', $broker->{address}, '-C', '-q', '-J',
		'-e', '-o', 'beginning', '-t', $topic) or die "kcat: $!";
	while (my $line = <$kcat>)
	{
		push @records, $json->decode($line);
	}
	close $kcat;
	return sort { $a->{partition} <=> $b->{partition} || $a->{offset} <=> $b->{offset} } @records;
}

# ---- alone ----

# Runs the sender with a settings file over some input: (exit code, stderr).
sub run_alone
{
	my ($settings, $input, @args) = @_;
	my $conf = tempfile('alone.conf', $settings);
	my $in   = tempfile('alone.in',   $input);

	system("'$build/wal2kafka-sender' --config '$conf' @args < '$in' 2> '$tmp/alone.err'");
	my $rc = $? >> 8;
	open(my $fh, '<', "$tmp/alone.err") or die;
	local $/;
	return ($rc, scalar <$fh>);
}

# ---- as a worker's child ----

sub start_sender
{
	my (@settings) = @_;
	my $self = bless({ buf => '', frames => [], out_buf => '' }, 'SenderTest::Sender');

	pipe(my $in_r, my $in_w) or die;
	pipe(my $out_r, my $out_w) or die;
	my $pid = fork() // die "fork: $!";
	if ($pid == 0)
	{
		open(STDIN,  '<&', $in_r)  or die;
		open(STDOUT, '>&', $out_w) or die;
		open(STDERR, '>',  "$tmp/sender.err") or die;
		close $_ foreach ($in_r, $in_w, $out_r, $out_w);
		exec("$build/wal2kafka-sender") or POSIX::_exit(127);
	}
	close $in_r;
	close $out_w;
	binmode $_ foreach ($in_w, $out_r);
	fcntl($in_w,  F_SETFL, fcntl($in_w,  F_GETFL, 0) | O_NONBLOCK);
	fcntl($out_r, F_SETFL, fcntl($out_r, F_GETFL, 0) | O_NONBLOCK);
	push @children, $pid;
	@{$self}{qw(pid in out)} = ($pid, $in_w, $out_r);
	$self->put(hello() . config(@settings)) if @settings;
	return $self;
}

package SenderTest::Sender;

use Time::HiRes qw(time sleep);
use POSIX qw(:sys_wait_h);

# Queues bytes for the sender and writes what its pipe takes.
sub put
{
	my ($self, $bytes) = @_;

	return 0 unless defined fileno($self->{in});
	$self->{out_buf} .= $bytes // '';
	local $SIG{PIPE} = 'IGNORE';
	while (length $self->{out_buf})
	{
		my $n = syswrite($self->{in}, $self->{out_buf}, 65536);
		last unless $n;
		substr($self->{out_buf}, 0, $n) = '';
	}
	return length($self->{out_buf}) == 0;
}

# Reads what is there; each frame becomes a hash.
sub pump
{
	my ($self, $timeout) = @_;
	my $select = IO::Select->new($self->{out});

	$self->put('') if length $self->{out_buf};
	return 0 unless $select->can_read($timeout // 0.05);
	my $n = sysread($self->{out}, $self->{buf}, 1 << 20, length $self->{buf});
	$self->{is_eof} = 1 if defined $n && $n == 0;
	while (length($self->{buf}) >= 8)
	{
		my ($magic, $type, $flags, $len) = unpack('C a v V', $self->{buf});

		die 'malformed answer' if $magic != 0x57 || $flags != 0;
		last if length($self->{buf}) < 8 + $len;
		push @{ $self->{frames} }, decode($type, substr($self->{buf}, 8, $len));
		substr($self->{buf}, 0, 8 + $len) = '';
	}
	return 1;
}

sub decode
{
	my ($type, $p) = @_;

	if ($type eq 'H')
	{
		my ($version, undef, $program, $library) = unpack('v v V/a V/a', $p);
		return { type => $type, version => $version, program => $program, library => $library };
	}
	if ($type eq 'A')
	{
		my ($sequence, $records, $bytes) = unpack('Q< Q< Q<', $p);
		return { type => $type, sequence => $sequence, records => $records, bytes => $bytes };
	}
	if ($type eq 'U')
	{
		my ($up, $text) = unpack('C V/a', $p);
		return { type => $type, up => $up, text => $text };
	}
	if ($type eq 'E')
	{
		my ($severity, $code, $sequence, $lsn, $topic, $name, $text) =
		  unpack('C l< Q< Q< V/a V/a V/a', $p);
		return {
			type => $type, severity => $severity, code => $code, sequence => $sequence,
			lsn => $lsn, topic => $topic, name => $name, text => $text
		};
	}
	if ($type eq 'L')
	{
		my ($level, $facility, $text) = unpack('C V/a V/a', $p);
		return { type => $type, level => $level, facility => $facility, text => $text };
	}
	if ($type eq 'J') { return { type => $type, json => unpack('V/a', $p) }; }
	if ($type eq 'f')
	{
		my ($id, $sequence) = unpack('V Q<', $p);
		return { type => $type, id => $id, sequence => $sequence };
	}
	if ($type eq 'I')
	{
		my ($offset, $value) = unpack('Q< V/a', $p);
		return { type => $type, offset => $offset, value => $value };
	}
	if ($type eq 'x')
	{
		my ($is_key, $schema_type, undef, $id, $version, $topic, $subject, $fingerprint, $schema) =
		  unpack('C C v V V V/a V/a V/a V/a', $p);
		return {
			type => $type, is_key => $is_key, schema_type => $schema_type, id => $id,
			version => $version, topic => $topic, subject => $subject,
			fingerprint => $fingerprint, schema => $schema
		};
	}
	if ($type eq 'y')
	{
		my ($requests, $errors, $assumed) = unpack('Q< Q< V', $p);
		return { type => $type, requests => $requests, errors => $errors, assumed => $assumed };
	}
	die "unknown answer $type";
}

# Waits until a frame satisfies the test; returns it, or undef after a while.
sub wait_for
{
	my ($self, $test, $timeout) = @_;
	my $until = time + ($timeout // 60);
	my $seen  = 0;

	for (;;)
	{
		for (; $seen < @{ $self->{frames} }; $seen++)
		{
			local $_ = $self->{frames}[$seen];
			return $_ if $test->();
		}
		return undef if time > $until || $self->{is_eof};
		$self->pump;
	}
}

sub wait_for_ack
{
	my ($self, $sequence, $timeout) = @_;
	return $self->wait_for(sub { $_->{type} eq 'A' && $_->{sequence} >= $sequence }, $timeout);
}

# Exit code of the process, -1 while it runs after the time-out, 256 + signal.
sub exit_code
{
	my ($self, $timeout) = @_;
	my $until = time + ($timeout // 60);

	while (waitpid($self->{pid}, WNOHANG) == 0)
	{
		return -1 if time > $until;
		$self->pump(0.01);
		sleep 0.005;
	}
	my $status = $?;
	$self->pump(0);
	return ($status & 127) ? 256 + ($status & 127) : $status >> 8;
}

sub close_input { my ($self) = @_; close $self->{in}; return; }

# Resident memory in kB.
sub memory_kb
{
	my ($self) = @_;

	open(my $fh, '<', "/proc/$self->{pid}/status") or return 0;
	my ($kb) = map { /^VmRSS:\s+(\d+)/ ? $1 : () } <$fh>;
	return $kb;
}

1;
