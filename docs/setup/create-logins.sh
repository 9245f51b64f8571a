#!/bin/sh
# Makes the product's database and its two logins, as docs/operating.md says them. PostgreSQL's image runs it once, on
# an empty volume; elsewhere run it as an administrator with both passwords in the environment.
set -eu
psql --username "${POSTGRES_USER:-postgres}" --dbname postgres --no-psqlrc --set ON_ERROR_STOP=1 \
  --set login_password="$POSTGRES_LOGIN_PASSWORD" --set hub_password="$POSTGRES_HUB_PASSWORD" <<'SQL'
create role opsledger login password :'login_password';
create database opsledger owner opsledger;
create role opsledger_hub login password :'hub_password';
grant opsledger_hub to opsledger with inherit false, set true;
SQL
