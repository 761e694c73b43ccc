# money counts the smallest unit of a locale, and not every locale's is a
# hundredth: the number is the same whatever it is, to the last of 20 digits.
use strict;
use warnings;

use MIME::Base64;
use Math::BigInt;
use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

# Locales of three kinds, made here: digits behind the point, and a name.
my %locales = (0 => 'ja_JP', 2 => 'en_US', 3 => 'ar_KW');
my $folder = PostgreSQL::Test::Utils::tempdir_short();

foreach my $locale (values %locales)
{
	my ($out, $err);

	next if PostgreSQL::Test::Utils::run_log(
		[ 'localedef', '-i', $locale, '-f', 'UTF-8', "$folder/$locale.UTF-8" ],
		'>', \$out, '2>', \$err) || -e "$folder/$locale.UTF-8/LC_MONETARY";
	plan skip_all => 'sources of locales are not installed';
}
$ENV{LOCPATH} = $folder;
my $node = new_node('money');
my $db = 'postgres';

$node->safe_psql($db, q(CREATE TABLE m (id serial, m money);
	SELECT pg_create_logical_replication_slot('money', 'wal2kafka')));
# money's extremes, as they are stored, and what rounds
my @amounts = qw(9223372036854775807 -9223372036854775808 0 1 -1 5 -5 1234567);

sub unscaled
{
	my ($base64) = @_;
	my $bytes = decode_base64($base64);
	my $number = Math::BigInt->from_hex(unpack('H*', $bytes));

	$number -= Math::BigInt->new(1) << (8 * length($bytes))
	  if ord($bytes) & 0x80;
	return $number->bstr;
}

# The amount in units of 10^-scale; half a unit goes away from zero.
sub expected
{
	my ($amount, $digits, $scale) = @_;
	my $number = Math::BigInt->new($amount)->babs;
	my $shift = Math::BigInt->new(10)->bpow(abs($scale - $digits));

	if ($scale >= $digits)
	{
		$number *= $shift;
	}
	else
	{
		$number = ($number + $shift / 2) / $shift;
	}
	return ($amount < 0 ? -$number : $number)->bstr;
}

sub plain
{
	my ($amount, $digits) = @_;
	my ($sign, $text) = $amount =~ /^(-?)(\d+)$/;

	$text = sprintf("%0*s", $digits + 1, $text);
	substr($text, -$digits, 0) = '.' if $digits > 0;
	return $sign . $text;
}

foreach my $digits (sort keys %locales)
{
	my $set = "SET lc_monetary = '$locales{$digits}.UTF-8'; ";
	my $read = "SELECT data::json#>>'{value,after,m}' FROM "
	  . "pg_logical_slot_peek_changes('money', NULL, NULL";

	$node->safe_psql($db, "$set SELECT count(*) FROM pg_logical_slot_get_changes('money', NULL, NULL)");
	foreach my $amount (@amounts)
	{
		my $text = plain($amount, $digits);

		$node->safe_psql($db, "$set INSERT INTO m (m) VALUES ('$text')");
	}
	foreach my $scale (0, 2, 4, 20)
	{
		my @values = split /\n/,
		  $node->safe_psql($db, "$set $read, 'money.fraction.digits', '$scale')");

		is_deeply(
			[ map { unscaled($_) } @values ],
			[ map { expected($_, $digits, $scale) } @amounts ],
			"$digits digits in the locale, $scale in the record");
	}
	is( $node->safe_psql($db, "$set $read, 'decimal.handling.mode', 'string')"),
		join("\n", map { plain($_, $digits) } @amounts),
		"$digits digits, as text");
}
$node->safe_psql($db, q(SELECT pg_drop_replication_slot('money')));
$node->stop;
done_testing();
