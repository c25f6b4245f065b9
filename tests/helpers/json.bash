# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later

# validate SCHEMA FILE...: SCHEMA is a file of driverctl/schemas. Python takes a while to load the
# validator: validate many files at once.
validate() { with_schema "$1" 'validate(data)' "${@:2}"; }

# invalid SCHEMA FILE...: none of the files satisfies the schema.
invalid() { with_schema "$1" 'assert not is_valid(data), name' "${@:2}"; }

# with_schema SCHEMA STATEMENT FILE...: Python's, for the data of each file.
with_schema() {
	/usr/bin/python3 -W ignore -c 'import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
validate, is_valid = validator.validate, validator.is_valid
for name in sys.argv[3:]:
    data = json.load(open(name))
    exec(sys.argv[2])' "$ROOT/driverctl/schemas/$1" "${@:2}"
}

# The same in all versions of json-c, which break lines differently.
in_one_line() { sed 's/^ *//' | tr -d '\n'; }

# shellcheck disable=SC2154 # output is the tree helper's
# value EXPRESSION: of the last run's JSON, as Python's x; printed as JSON.
value() {
	/usr/bin/python3 -c 'import json, sys
x = json.load(sys.stdin)
print(json.dumps(eval(sys.argv[1])))' "$1" <<<"$output"
}

# no_names: whatever the machine's own database of models says, nothing is found in one.
no_names() {
	mkdir -p "$TREE/etc/udev" "$TREE/etc/systemd/hwdb"
	echo none >"$TREE/etc/udev/hwdb.bin"
	echo none >"$TREE/etc/systemd/hwdb/hwdb.bin"
}
