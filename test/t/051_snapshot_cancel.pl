# Whatever a reader does or waits for, it can be ended at once: measured as the
# best of a few tries, since the machine may have other things to do.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use Wal2Kafka;

# Issue and design: every loop can be interrupted within this.
my $limit = 0.1;
my $tries = 20;

my $broker = start_broker();
# A process that has compiled a query takes its time to unload the compiler.
my $node = new_node('cancel', conf => "max_prepared_transactions = 4\njit = off\n");
my $db = 'postgres';
my $rows = 300000;

$node->safe_psql($db, "CREATE TABLE big (id int PRIMARY KEY, v text);
	INSERT INTO big SELECT i, repeat('x', 100) FROM generate_series(1, $rows) i;
	CREATE TABLE first_of_all (id int PRIMARY KEY);
	INSERT INTO first_of_all SELECT generate_series(1, 200);
	CREATE TABLE held (id int PRIMARY KEY);
	INSERT INTO held VALUES (1)");

# One psql that stays, since starting one takes as long as what is measured.
my %psql = (in => '', out => '');
$psql{run} = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr($db) ],
	'<', \$psql{in}, '>', \$psql{out}, '2>', '/dev/null',
	IPC::Run::timer($PostgreSQL::Test::Utils::timeout_default * 4));

sub ask
{
	my ($sql) = @_;

	$psql{out} = '';
	$psql{in} .= "$sql;\n\\echo end\n";
	$psql{run}->pump until $psql{out} =~ /end\n/;
	my ($answer) = $psql{out} =~ /(.*)\n?end\n/s;
	$answer =~ s/\n\z//;
	return $answer;
}

sub wait_for_answer
{
	my ($sql, $what) = @_;
	my $end = time() + $PostgreSQL::Test::Utils::timeout_default;
	my $answer;

	sleep 0.01 until ($answer = ask($sql)) ne '' || time() > $end;
	ok($answer ne '', $what) if $what || $answer eq '';
	return $answer;
}

sub reader
{
	my ($where) = @_;
	return wait_for_answer("SELECT pid FROM pg_stat_activity
		WHERE backend_type LIKE 'wal2kafka snapshot%' AND ($where) LIMIT 1");
}

# Seconds until none of the processes is there.
sub time_to_end
{
	my ($signal, @pids) = @_;
	my $began = time();

	kill $signal, @pids;
	sleep 0.001
	  while (grep { -d "/proc/$_" } @pids) && time() < $began + 10;
	return time() - $began;
}

# The best of some tries.
sub is_quick
{
	my ($what, $try) = @_;
	my $best;

	for (1 .. $tries)
	{
		my $took = $try->();

		$best = $took if !defined $best || $took < $best;
		last if $best < $limit / 2;
	}
	note(sprintf('%s: %.1f ms', $what, $best * 1000));
	cmp_ok($best, '<', $limit, $what);
}

# While it reads as fast as it can, or as fast as the pipe takes it.
create_connector($node, $db, 'i', $broker, 'public.big',
	'incremental.snapshot.chunk.size' => 1000000);
wait_state($node, $db, 'i', 'streaming');
is_quick('a reader in the middle of a chunk', sub {
	ask(q(SELECT wal2kafka.start_snapshot('i')));
	my $pid = reader("backend_xmin IS NOT NULL");
	my $took = time_to_end('TERM', $pid);

	ask(q(SELECT wal2kafka.signal('i', 'stop-snapshot')));
	wait_for_answer("SELECT 1 FROM wal2kafka.stat_snapshot
		HAVING bool_and(finish_time IS NOT NULL)");
	return $took;
});

# Waiting for a table that is locked, while another one is read slowly.
drop_connector($node, $db, 'i');
create_connector($node, $db, 'l', $broker, 'public.first_of_all,public.held',
	'snapshot.mode' => 'no_data', 'snapshot.lock.timeout.ms' => 60000,
	'incremental.snapshot.chunk.size' => 50,
	'snapshot.max.rows.per.second' => 100);
wait_state($node, $db, 'l', 'streaming');
is_quick('a reader that waits for a lock', sub {
	ask(q(SELECT wal2kafka.start_snapshot('l')));
	# Not what is left of an earlier try.
	wait_for_answer('SELECT 1 FROM wal2kafka.stat_snapshot
		WHERE finish_time IS NULL LIMIT 1');
	ask('BEGIN; LOCK TABLE held');
	# Nothing here may look at pg_stat_activity, of which a transaction sees one
	# state only, and the reader may be younger.
	my $pid = wait_for_answer("SELECT pid FROM pg_locks
		WHERE NOT granted AND relation = 'held'::regclass
		UNION ALL SELECT 0 WHERE NOT EXISTS (SELECT FROM wal2kafka.stat_snapshot
		WHERE finish_time IS NULL) LIMIT 1");
	my $took = $pid == 0 ? 10 : time_to_end('TERM', $pid);

	ask('ROLLBACK');
	ask(q(SELECT wal2kafka.signal('l', 'stop-snapshot')));
	wait_for_answer("SELECT 1 FROM wal2kafka.stat_snapshot
		HAVING bool_and(finish_time IS NOT NULL)");
	return $took;
});
drop_connector($node, $db, 'l');

# In somebody's SELECT, by pg_cancel_backend: it is tried again.  Nothing that
# is kept in a file, for that takes its time to be removed.
create_connector($node, $db, 's', $broker, 'public.held');
wait_state($node, $db, 's', 'streaming');
ask(q(SELECT wal2kafka.signal('s', 'execute-snapshot',
	'{"data-collections": ["public.held"], "type": "blocking",
	"additional-conditions": [{"data-collection": "public.held",
	"filter": "SELECT h.* FROM public.held h, (SELECT pg_catalog.generate_series(1, 1000000000) OFFSET 0) AS g (i) WHERE g.i < 0"}]}')));
is_quick('a SELECT that is cancelled', sub {
	my $pid = reader("backend_xmin IS NOT NULL");
	my $xmin = ask("SELECT xact_start FROM pg_stat_activity WHERE pid = $pid");
	my $began = time();

	kill 'INT', $pid;
	wait_for_answer("SELECT 1 FROM pg_stat_activity WHERE pid = $pid
		AND xact_start IS DISTINCT FROM '$xmin'");
	return time() - $began;
});
ok(-d '/proc/' . reader('true'), 'the reader goes on');
is_quick('and one that is terminated', sub {
	return time_to_end('TERM', reader("backend_xmin IS NOT NULL"));
});
drop_connector($node, $db, 's');

# In an initial snapshot: waiting for a transaction, to make the slot ...
my $old = open_session($node, $db, 'BEGIN; CREATE TEMP TABLE t (i int)');
create_connector($node, $db, 'w', $broker, 'public.held',
	'snapshot.mode' => 'initial');
is_quick('a reader that waits for a transaction', sub {
	my $pid = reader("wait_event = 'transactionid'");
	return time_to_end('TERM', $pid);
});
my ($worker) = $node->safe_psql($db,
	"SELECT pid FROM wal2kafka.connectors WHERE name = 'w'");
is_quick('a worker that waits for it', sub {
	my $pid = wait_for_answer("SELECT pid FROM wal2kafka.connectors
		WHERE name = 'w' AND pid IS NOT NULL");
	return time_to_end('TERM', $pid);
});
close_session($old);
wait_snapshot($node, $db, 'w');
drop_connector($node, $db, 'w');

# ... and holding still, because the rate is limited; its worker, too.
create_connector($node, $db, 'r', $broker, 'public.big',
	'snapshot.mode' => 'initial', 'snapshot.max.rows.per.second' => 100);
wait_reading($node, $db, 'r', 0);
my $holder = reader('true');
kill 'INT', $holder;
sleep 0.3;
is(reader('true'), $holder, 'a holder that does nothing cannot be cancelled');
is_quick('worker and sender of a snapshot whose rate is limited', sub {
	my ($pid, $sender) = pids_of($node, $db, 'r');
	wait_reading($node, $db, 'r', 0);
	return time_to_end('TERM', $pid);
});
is_quick('its holder', sub {
	return time_to_end('TERM', reader('true'));
});
wait_state($node, $db, 'r', 'streaming');
drop_connector($node, $db, 'r');

# By the functions: what the user waits for.
create_connector($node, $db, 'q', $broker, 'public.big',
	'snapshot.mode' => 'initial', 'snapshot.max.rows.per.second' => 1000);
wait_reading($node, $db, 'q', 0);
my $began = time();
ask(q(SELECT wal2kafka.stop_connector('q')));
wait_for_answer("SELECT 1 FROM wal2kafka.connectors WHERE state = 'stopped'");
my $took = time() - $began;
note(sprintf('stop_connector: %.0f ms', $took * 1000));
cmp_ok($took, '<', 1.5, 'stop_connector in a snapshot');
ask(q(SELECT wal2kafka.resume_connector('q')));
wait_reading($node, $db, 'q', 0);

# A broker that is dead from the first, and is met in the middle.
broker_command($broker, 'down');
ok( $node->poll_query_until($db, 'SELECT last_error IS NOT NULL
	FROM wal2kafka.connectors'), 'the broker is away');
$psql{in} .= "\\q\n";
$psql{run}->finish;
$took = timed(sub { $node->stop('fast') });
note(sprintf('fast stop: %.0f ms', $took * 1000));
cmp_ok($took, '<', 2, 'a fast stop with a dead broker');

stop_broker($broker);
done_testing();
