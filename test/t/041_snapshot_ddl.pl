# Tables that change under a snapshot: dropped, truncated, rewritten, given a
# column; and tables that the connector's owner may not read.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker(
	map { ('--topic', "$_:1") } qw(d.s.a d.s.dropped d.s.truncated
	  d.s.retyped d.s.widened d.s.filled d.s.lost d.s.vacuumed));
my $node = new_node('ddl');
my $db = 'postgres';
my @tables = qw(dropped filled retyped truncated vacuumed widened);

$node->safe_psql($db, 'CREATE SCHEMA s;
	CREATE TABLE s.a (id int PRIMARY KEY);
	INSERT INTO s.a SELECT generate_series(1, 30000);'
	  . join(' ', map { "CREATE TABLE s.$_ (id int PRIMARY KEY, v int);
	INSERT INTO s.$_ SELECT i, i FROM generate_series(1, 1000) i;" } @tables));
create_connector($node, $db, 'd', $broker, 's\\\\..*',
	'snapshot.mode' => 'initial',
	'snapshot.max.rows.per.second' => 3000);
wait_reading($node, $db, 'd');

# While table "a" is read, what comes later changes.  Nothing waits for it.
$node->safe_psql($db, q(SET lock_timeout = '5s';
	DROP TABLE s.dropped;
	TRUNCATE s.truncated;
	INSERT INTO s.truncated VALUES (5000, 1);
	ALTER TABLE s.retyped ALTER v TYPE text USING 'text ' || v;
	ALTER TABLE s.widened ADD more int DEFAULT 7;
	UPDATE s.widened SET more = 8 WHERE id = 1;
	DELETE FROM s.filled WHERE id <= 500;
	VACUUM FULL s.vacuumed));
is( $node->safe_psql($db, "SELECT count(*) FROM wal2kafka.connector_snapshot
		WHERE state = 'waiting' AND relname <> 'a'"),
	scalar(@tables), 'that happened before they were read');
wait_snapshot($node, $db, 'd');
wait_state($node, $db, 'd', 'streaming');
wait_delivered($node, $db, 'd');

# The newest value of each key; deletes remove it.
sub state_of
{
	my ($topic) = @_;
	my %rows;

	foreach (read_topic($broker, $topic, '%k\t%s\n'))
	{
		my ($key, $value) = split /\t/, $_, 2;
		my ($id) = $key =~ /"id":(\d+)/;
		my ($after) = $value =~ /"after":(\{[^{}]*\}),"source"/;

		if (defined $after) { $rows{$id} = $after; }
		else { delete $rows{$id}; }
	}
	return \%rows;
}

sub is_table
{
	my ($name, $what, $row) = @_;
	my %rows = map { my ($id, $text) = split /\|/, $_, 2; $id => $text }
	  split /\n/, $node->safe_psql($db, "SELECT id, $row FROM s.$name");

	is_deeply(state_of("d.s.$name"), \%rows, $what);
}

my $two = q('{"id":' || id || ',"v":' || v || '}');
is_table('a', 'the table that was being read', q('{"id":' || id || '}'));
is_table('truncated', 'truncated before it was read', $two);
is_table('retyped', 'rewritten with another type',
	q('{"id":' || id || ',"v":"' || v || '"}'));
is_table('filled', 'rows deleted before they were read', $two);
is_table('vacuumed', 'rewritten by VACUUM FULL', $two);
my $widened = state_of('d.s.widened');
is(scalar(keys %$widened), 1000, 'with another column: every row is there');
is($widened->{1}, '{"id":1,"v":1,"more":8}', 'and the newest of each');
is( $node->safe_psql($db, "SELECT state FROM wal2kafka.connector_snapshot
		WHERE relname = 'dropped'"),
	'skipped', 'a dropped table is skipped');
like( $node->safe_psql($db, "SELECT error FROM wal2kafka.connector_snapshot
		WHERE relname = 'dropped'"), qr/dropped|no longer|does not exist/,
	'in words');
is( $node->safe_psql($db, "SELECT string_agg(relname || ' ' || state, ', ')
		FROM wal2kafka.connector_snapshot
		WHERE relname <> 'dropped' AND state <> 'done'"),
	'', 'every other table is done');
drop_connector($node, $db, 'd');

# Not allowed: an error that names the table, and nothing is read.
$node->safe_psql($db, 'CREATE ROLE boss LOGIN IN ROLE wal2kafka_admin;
	CREATE TABLE s.secret (id int PRIMARY KEY);
	INSERT INTO s.secret VALUES (1);
	GRANT USAGE ON SCHEMA s TO boss; GRANT SELECT ON s.a TO boss;
	ALTER ROLE boss REPLICATION');
$node->safe_psql($db, qq(SET ROLE boss;
	SELECT wal2kafka.create_connector('listed', '{"bootstrap.servers":
	"$broker->{address}", "table.include.list": "s.a,s.secret",
	"snapshot.mode": "initial"}')));
wait_state($node, $db, 'listed', 'failed');
like( $node->safe_psql($db, "SELECT last_error FROM wal2kafka.connectors
		WHERE name = 'listed'"), qr/permission denied for table s?\.?secret|secret/,
	'a listed table that may not be read is named');
# Once it may be, the snapshot goes on from there.
$node->safe_psql($db, "GRANT SELECT ON s.secret TO boss;
	SELECT wal2kafka.restart_connector('listed')");
wait_state($node, $db, 'listed', 'streaming');
is_deeply([ read_rows($broker, 'listed.s.secret') ], ['r last {"id":1}'],
	'and read once it may be');
drop_connector($node, $db, 'listed');

# Under the default of all tables it is left out, and the view says why.
$node->safe_psql($db, 'REVOKE SELECT ON s.secret FROM boss');
$node->safe_psql($db, qq(SET ROLE boss;
	SELECT wal2kafka.create_connector('default', '{"bootstrap.servers":
	"$broker->{address}", "snapshot.mode": "initial"}')));
wait_state($node, $db, 'default', 'streaming');
is( $node->safe_psql($db, "SELECT string_agg(relname, ', ')
		FROM wal2kafka.connector_snapshot WHERE name = 'default'"),
	'a', 'only what may be read is read');

$node->stop;
stop_broker($broker);
done_testing();
