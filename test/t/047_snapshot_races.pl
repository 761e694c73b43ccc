# Rows that change while a chunk of their table is read, in the ways that a
# review found to lose them; a commit that waits for a standby; a table that is
# locked; no process left for a reader.
#
# A filter that waits for an advisory lock holds the reader up in the middle of
# a chunk: its snapshot is taken, and what is done then is in its window.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use Wal2Kafka;

my $broker = start_broker(
	map { ('--topic', "$_:1") } qw(k.public.equal k.public.chain k.public.uniq
	  k.public.standby k.public.other m.public.moving g.public.ghost
	  l.public.slow l.public.other c.public.other));
my $node = new_node('races');
my $db = 'postgres';
my $gate = 'pg_catalog.pg_advisory_xact_lock_shared(42) IS NOT NULL';

sub sql
{
	return $node->safe_psql($db, $_[0]);
}

sql(q(CREATE TABLE equal (v text);
	ALTER TABLE equal REPLICA IDENTITY FULL;
	INSERT INTO equal VALUES ('v'), ('w'), ('x');
	CREATE TABLE chain (v text);
	ALTER TABLE chain REPLICA IDENTITY FULL;
	INSERT INTO chain VALUES ('a'), ('b'), ('z');
	CREATE TABLE uniq (code int UNIQUE, v text);
	ALTER TABLE uniq REPLICA IDENTITY FULL;
	INSERT INTO uniq VALUES (NULL, 'a'), (NULL, 'b'), (1, 'c');
	CREATE TABLE standby (id int PRIMARY KEY, v text);
	INSERT INTO standby SELECT i, 'old' FROM generate_series(1, 2000) i;
	CREATE TABLE moving (id int PRIMARY KEY, v text);
	ALTER TABLE moving REPLICA IDENTITY FULL;
	INSERT INTO moving SELECT i, repeat('x', 700)
		FROM generate_series(1, 200) i;
	DELETE FROM moving WHERE id <= 50;
	CREATE TABLE ghost (id int PRIMARY KEY, v text);
	INSERT INTO ghost VALUES (1, 'one'), (2, 'two'), (3, 'three');
	CREATE PUBLICATION ghosts FOR TABLE ghost;
	CREATE TABLE slow (id int PRIMARY KEY, v text);
	INSERT INTO slow SELECT i, repeat('x', 700)
		FROM generate_series(1, 350) i;
	CREATE TABLE other (id int PRIMARY KEY)));
sql('VACUUM moving');
create_connector($node, $db, 'k', $broker,
	'public.(equal|chain|uniq|standby|other)',
	'incremental.snapshot.chunk.size' => 50);
create_connector($node, $db, 'm', $broker, 'public.moving',
	'skip.messages.without.change' => 'true',
	'incremental.snapshot.chunk.size' => 50);
create_connector($node, $db, 'g', $broker, 'public.ghost',
	'publication.name' => 'ghosts', 'skipped.operations' => 'u');
wait_state($node, $db, $_, 'streaming') foreach qw(k m g);

sub wait_for
{
	my ($query, $what) = @_;
	ok($node->poll_query_until($db, $query), $what);
}

# Reads a table; does something while the reader is at the row for which the
# condition does not hold.
sub meanwhile
{
	my ($name, $table, $passes, $code) = @_;
	my $session = open_session($node, $db,
		'SELECT pg_catalog.pg_advisory_lock(42)');

	sql("SELECT wal2kafka.start_snapshot('$name', '{$table}',
		'$passes OR $gate')");
	wait_for("SELECT count(*) > 0 FROM pg_locks
		WHERE locktype = 'advisory' AND NOT granted",
		"$table: the reader is in the middle of a chunk");
	$code->();
	wait_delivered($node, $db, $name);
	close_session($session);
}

sub read_meanwhile
{
	my ($name, $table, $passes, $sql) = @_;

	meanwhile($name, $table, $passes, sub { sql($sql) });
	wait_snapshot($node, $db, $name);
	wait_delivered($node, $db, $name);
	is( sql("SELECT state FROM wal2kafka.connector_snapshot
		WHERE name = '$name' AND relname = '$table'"),
		'done', "$table: read");
}

# How often a topic's records leave each value of column v.
sub balance
{
	my ($topic) = @_;
	my %count;

	foreach (read_topic($broker, $topic, '%s\n'))
	{
		my ($before) = /"before":\{[^}]*"v":"(\w+)"\}/;
		my ($after) = /"after":\{[^}]*"v":"(\w+)"\}/;

		$count{$before}-- if defined $before;
		$count{$after}++ if defined $after;
	}
	return \%count;
}

sub loses_none
{
	my ($name, $table, $what) = @_;
	my $count = balance("$name.public.$table");
	my @lost = grep { ($count->{$_} // 0) < 1 } split /\n/,
	  sql("SELECT v FROM $table");

	is_deeply(\@lost, [], $what);
}

# A row that comes and goes is not the equal one that was there.
read_meanwhile('k', 'equal', 'false', q(INSERT INTO equal VALUES ('w');
	DELETE FROM equal WHERE ctid = (SELECT max(ctid) FROM equal)));
loses_none('k', 'equal', 'an equal row comes and goes');

# Nor is one that is equal to it for a while.
read_meanwhile('k', 'chain', 'false', q(UPDATE chain SET v = 'b' WHERE v = 'a';
	UPDATE chain SET v = 'c' WHERE ctid = (SELECT max(ctid) FROM chain)));
is(sql('SELECT string_agg(v, $$ $$ ORDER BY v) FROM chain'), 'b c z',
	'a row was equal to another one for a while');
loses_none('k', 'chain', 'a row is equal to another one for a while');

# A unique index identifies no row by NULL.
read_meanwhile('k', 'uniq', 'false', q(UPDATE uniq SET v = 'aa' WHERE v = 'a'));
loses_none('k', 'uniq', 'rows with NULL in a unique index');

# An update that changes nothing is not sent, but moves rows to where the
# reader has been.
read_meanwhile('m', 'moving', 'id <> 120',
	'UPDATE moving SET v = v WHERE id > 195');
cmp_ok(sql("SELECT count(*) FROM moving WHERE id > 195 AND ctid < '(6,1)'"),
	'>', 0, 'rows have moved to the front');
my %seen = map { (split)[-1] => 1 } read_rows($broker, 'm.public.moving');
is(scalar(keys %seen), 150, 'rows that moved without a record');

# The publication has updates; that they are skipped does not mean that the row
# of the old key is still there.
read_meanwhile('g', 'ghost', 'false', 'UPDATE ghost SET id = 20 WHERE id = 2');
my %last;
foreach (read_rows($broker, 'g.public.ghost'))
{
	my ($op, $key) = (split)[ 0, -1 ];
	$last{$key} = $op;
}
isnt($last{'{"id":2}'} // '', 'r', 'no row of a key that was updated');
is_deeply([ sort grep { $last{$_} !~ /^[dx]$/ } keys %last ],
	[ map { qq({"id":$_}) } 1, 20, 3 ], 'the others are there');

# A commit that waits for its synchronous standby is in the stream, but not in
# a snapshot.
my $update;
meanwhile('k', 'standby', 'id <> 100',
	sub {
		$node->append_conf('postgresql.conf',
			"synchronous_standby_names = 'nobody'");
		$node->reload;
		wait_for(q(SELECT current_setting('synchronous_standby_names')
			= 'nobody'), 'there is a standby to wait for');
		$update = begin_session($node, $db,
			"UPDATE standby SET v = 'new' WHERE id > 1000");
		wait_for(q(SELECT count(*) > 0 FROM pg_stat_activity
			WHERE query LIKE 'UPDATE standby%' AND wait_event = 'SyncRep'),
			'a commit waits for it');
	});
sleep 1;
is( sql(q(SELECT state FROM wal2kafka.connector_snapshot
	WHERE relname = 'standby')),
	'reading', 'the snapshot waits for that commit');
$node->append_conf('postgresql.conf', "synchronous_standby_names = ''");
$node->reload;
close_session($update);
wait_snapshot($node, $db, 'k');
wait_delivered($node, $db, 'k');
%last = ();
foreach (read_topic($broker, 'k.public.standby', '%s\n'))
{
	$last{$1} = $2 if /"after":\{"id":(\d+),"v":"(\w+)"\}/;
}
is(scalar(keys %last), 2000, 'all rows are read');
is_deeply([ grep { $last{$_} ne ($_ > 1000 ? 'new' : 'old') } keys %last ],
	[], 'and none of them is older than the table');

# A reader gives up waiting for a lock, and tries again.
create_connector($node, $db, 'l', $broker, 'public.(slow|other)',
	'snapshot.lock.timeout.ms' => 500,
	'snapshot.max.rows.per.second' => 100);
wait_state($node, $db, 'l', 'streaming');
sql("SELECT wal2kafka.start_snapshot('l', '{slow}')");
wait_reading($node, $db, 'l');
my $lock = open_session($node, $db, 'BEGIN; LOCK TABLE slow; SELECT 1');
my $waiting = "FROM pg_locks WHERE relation = 'slow'::regclass
	AND mode = 'AccessShareLock' AND NOT granted";
wait_for("SELECT count(*) = 1 $waiting", 'a reader waits for a lock');
wait_for("SELECT count(*) = 0 $waiting", 'it gives up');
wait_for("SELECT count(*) = 1 $waiting", 'and tries again');
sql('INSERT INTO other VALUES (1)');
wait_delivered($node, $db, 'l');
is_deeply([ read_rows($broker, 'l.public.other') ],
	['c false {"id":1}'], 'changes are streamed meanwhile');
close_session($lock);
wait_snapshot($node, $db, 'l');
wait_delivered($node, $db, 'l');
%seen = map { $_ => 1 } read_topic($broker, 'l.public.slow');
is(scalar(keys %seen), 350, 'then the table is read');
$node->stop;

# No process is left for a reader.
$node = new_node('full', conf => qq(
max_worker_processes = 4
max_logical_replication_workers = 1
max_parallel_workers = 0
));
sql('CREATE TABLE other (id int PRIMARY KEY);
	INSERT INTO other VALUES (1)');
create_connector($node, $db, $_, $broker, 'public.other') foreach qw(c d);
wait_state($node, $db, $_, 'streaming') foreach qw(c d);
sql("SELECT wal2kafka.start_snapshot('c')");
wait_for("SELECT coalesce(last_error, '') ~ 'background worker'
	FROM wal2kafka.connectors WHERE name = 'c'", 'it is said');
sql('INSERT INTO other VALUES (2)');
wait_delivered($node, $db, 'c');
is_deeply([ read_rows($broker, 'c.public.other') ],
	['c false {"id":2}'], 'changes are streamed without a reader');
is(sql("SELECT state FROM wal2kafka.connectors WHERE name = 'c'"),
	'streaming', 'the connector is streaming');
sql("SELECT wal2kafka.stop_connector('d')");
wait_for("SELECT bool_and(state = 'done')
	FROM wal2kafka.connector_snapshot WHERE name = 'c'",
	'the table is read when there is room');
wait_delivered($node, $db, 'c');
is((read_rows($broker, 'c.public.other'))[1],
	'r incremental {"id":1}', 'and its row is there');
$node->stop;
stop_broker($broker);
done_testing();
