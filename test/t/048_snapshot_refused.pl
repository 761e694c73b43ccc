# What a snapshot must not do, and a review found it to: run a filter that is
# no condition, give up where many tables are half read, forget a SELECT that
# hides rows, read nothing where a connector was created paused.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use Wal2Kafka;

my $tables = 60;
my $broker = start_broker(map { ('--topic', "$_:1") }
	  qw(s.public.a p.public.a p.public.b o.public.a o.public.b
	  h.public.big h.public.keyless h.public.hidden),
	map { "z.public.t$_" } 1 .. $tables);
my $node = new_node('refused');
my $db = 'postgres';

sub sql
{
	return $node->safe_psql($db, $_[0]);
}

sub wait_for
{
	my ($query, $what) = @_;
	ok($node->poll_query_until($db, $query), $what);
}

sql(qq(CREATE TABLE a (id int PRIMARY KEY, v text);
	INSERT INTO a VALUES (1, 'one'), (2, 'two');
	CREATE TABLE b (id int PRIMARY KEY);
	INSERT INTO b VALUES (1);
	CREATE TABLE signals (id text, type text, data text);
	CREATE ROLE low LOGIN;
	GRANT INSERT ON signals TO low;
	CREATE TABLE big (id int PRIMARY KEY, v text);
	INSERT INTO big SELECT i, repeat('x', 500) FROM generate_series(1, 1500) i;
	CREATE TABLE keyless (id int, v text);
	INSERT INTO keyless VALUES (1, 'x'), (1, 'x');
	CREATE TABLE hidden (id int PRIMARY KEY, is_secret bool);
	INSERT INTO hidden VALUES (1, false), (2, true);
	DO \$\$ BEGIN FOR i IN 1 .. $tables LOOP
		EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY)', i);
		EXECUTE format('INSERT INTO t%s VALUES (1)', i);
	END LOOP; END \$\$));

# A filter that is no condition, of a role that can do no more than signal.
create_connector($node, $db, 's', $broker, 'public.a',
	'signal.data.collection' => 'public.signals');
wait_state($node, $db, 's', 'streaming');
my $size = sql(q(SELECT pg_relation_size('a')));
my $id = 1;
foreach my $place (q(NULL), q('(4294967295,1)'))
{
	foreach my $type (qw(incremental blocking))
	{
		my $filter = "false) UNION ALL SELECT ${place}::pg_catalog.tid"
		  . ' WHERE (true';
		my $at = -s $node->logfile;
		my $last = ++$id;

		$filter =~ s/'/''/g;
		sql(qq(SET ROLE low; INSERT INTO signals VALUES
			('s$last', 'execute-snapshot', '{"data-collections": ["public.a"],
			"type": "$type", "additional-conditions": [{"data-collection":
			"public.a", "filter": "$filter"}]}')));
		$node->wait_for_log(qr/wal2kafka.*(filter must be|syntax error)/, $at);
		pass("filter with $place is refused, $type");
		sql("INSERT INTO a VALUES (10 + $last)");
		wait_delivered($node, $db, 's');
	}
}
wait_snapshot($node, $db, 's');
wait_state($node, $db, 's', 'streaming');
is(sql("SELECT count(*) FROM wal2kafka.connector_snapshot
	WHERE name = 's' AND state = 'done'"), 0, 'nothing was read');
is_deeply([ read_rows($broker, 's.public.a') ],
	[ map { my $n = 10 + $_; qq(c false {"id":$n}) } 2 .. $id ],
	'changes were streamed all along');
is(sql(q(SELECT pg_relation_size('a'))), $size, 'the table has not grown');
unlike(slurp_file($node->logfile), qr/was terminated by signal/,
	'and nothing has crashed');
drop_connector($node, $db, 's');
sql('DELETE FROM a WHERE id > 10');

# Created paused, nothing is read before it is resumed.
my %paused = (
	p => '"snapshot.mode": "initial",
		"snapshot.include.collection.list": "public.a, public.b"',
	o => '"snapshot.mode": "initial_only"');
foreach (sort keys %paused)
{
	sql(qq(SELECT wal2kafka.create_connector('{"name": "$_", "config": {
		"bootstrap.servers": "$broker->{address}", "topic.prefix": "$_",
		"table.include.list": "public.a,public.b", $paused{$_}},
		"initial_state": "PAUSED"}')));
	wait_state($node, $db, $_, 'paused');
	sql("SELECT wal2kafka.resume_connector('$_')");
}
wait_state($node, $db, 'o', 'stopped');
wait_for("SELECT count(*) = 2 AND bool_and(state = 'done')
	FROM wal2kafka.connector_snapshot WHERE name = 'p'",
	'tables of a connector that was paused');
wait_delivered($node, $db, 'p');
foreach my $name (qw(o p))
{
	my @rows = map { join ' ', (split)[ 0, -1 ] }
	  map { read_rows($broker, "$name.public.$_") } qw(a b);

	is_deeply(\@rows, [ 'r {"id":1}', 'r {"id":2}', 'r {"id":1}' ],
		"all rows of all tables are read by $name");
	drop_connector($node, $db, $name);
}

# A SELECT instead of a table goes for it after a restart, too.
create_connector($node, $db, 'h', $broker, 'public.(big|keyless|hidden)',
	'snapshot.mode' => 'initial',
	'snapshot.max.rows.per.second' => 500,
	'snapshot.select.statement.overrides' => 'public.hidden',
	'snapshot.select.statement.overrides.public.hidden' =>
	  'SELECT * FROM public.hidden WHERE NOT is_secret');
wait_reading($node, $db, 'h', 3);
$node->restart;
wait_state($node, $db, 'h', 'streaming');
wait_snapshot($node, $db, 'h');
wait_delivered($node, $db, 'h');
is( sql("SELECT string_agg(relname || ' ' || state, ', ' ORDER BY relname)
	FROM wal2kafka.connector_snapshot WHERE name = 'h'"),
	'big done, hidden done, keyless done', 'the rest of it is read');
my %seen = map { $_ => 1 } read_topic($broker, 'h.public.hidden');
is_deeply(\%seen, { '{"id":1}' => 1 }, 'but nothing that is hidden');
cmp_ok(scalar(read_rows($broker, 'h.public.keyless')),
	'>=', 2, 'a table without a key is read');
%seen = map { $_ => 1 } read_topic($broker, 'h.public.big');
is(scalar(keys %seen), 1500, 'and the one that was in the middle');
drop_connector($node, $db, 'h');

# More tables are half read than can be watched.
broker_command($broker, 'down');
create_connector($node, $db, 'z', $broker, 'public.t[0-9]+',
	'snapshot.mode' => 'initial');
wait_for("SELECT count(*) = $tables AND bool_and(state = 'reading')
	FROM wal2kafka.connector_snapshot WHERE name = 'z'",
	'all tables are half read');
$node->restart;
broker_command($broker, 'up');
wait_for("SELECT count(*) = $tables AND bool_and(state = 'done')
	FROM wal2kafka.connector_snapshot WHERE name = 'z'",
	'all tables are read in the end');
wait_state($node, $db, 'z', 'streaming');
wait_delivered($node, $db, 'z');
is_deeply([ grep { !read_topic($broker, "z.public.t$_") } 1, 30, $tables ],
	[], 'and their rows are there');
unlike(slurp_file($node->logfile), qr/too many tables/,
	'none of them was one too many');

$node->stop;
stop_broker($broker);
done_testing();
