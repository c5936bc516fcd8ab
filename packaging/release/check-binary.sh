#!/bin/sh
# check-binary.sh TARGET FILE: what must be true of a release binary, read from its headers and its instructions.
# FILE.debug beside it is the same program with its symbols: only there code and data can be told apart.
# Closes with a count.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$here/target.sh"
target "$1"
file=$2
passed=0
failed=0

# check TEXT COMMAND...: the command must succeed.
check() {
	text=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		echo "FAILED: $file: $text"
		failed=$((failed + 1))
	fi
}

not() {
	! "$@"
}

headers=$("$triplet-readelf" -hldW "$file")
symbols=$("$triplet-nm" "$file.debug")
code=$("$triplet-objdump" -d --no-show-raw-insn "$file.debug")
attributes=$("$triplet-readelf" -A "$file")

has() {
	printf '%s\n' "$1" | grep -Eq -- "$2"
}

size=$(stat -c %s "$file")
check "$size bytes, $size_max are allowed" [ "$size" -le "$size_max" ]
check "loaded at a random address" has "$headers" 'Type: +DYN'
check "fully static" not has "$headers" 'INTERP|NEEDED'
check "the stack is no code, and a thread's is 256 kB" has "$headers" 'GNU_STACK.* 0x0*40000 RW +0x'
check "nothing is both writable and code" not has "$headers" 'RWE'
check "read-only after relocation" has "$headers" 'GNU_RELRO'
check "all of it relocated at the start" has "$headers" 'FLAGS.*BIND_NOW'
check "no relocations in code" not has "$headers" 'TEXTREL'
check "stack protector" has "$symbols" ' T __stack_chk_fail$'
check "stripped" not has "$("$triplet-nm" "$file" 2>&1)" ' [Tt] main$'
check "disassembled" has "$code" '<main>:'
check "no path of the build" not grep -aqF "$root" "$file"

# Every instruction on vectors' registers must be one of VFPv3-D16: float types, s0-s31 or d0-d15.
neon() {
	plain='v(ldr|str|ldm|stm|push|pop|mrs|msr|mov)[a-z]*(\.(f32|f64|32))?'
	float='v(mov|add|sub|mul|div|mla|mls|nmla|nmls|nmul|neg|abs|sqrt|cmp|cmpe)[a-z]*\.(f32|f64)'
	convert='vcvtr?[a-z]*\.[fsu](16|32|64)\.[fsu](16|32|64)'
	printf '%s\n' "$code" | sed -n 's/^[^	]*	\(v[a-z]\)/\1/p' | grep -E \
		-e '[^a-z0-9](q[0-9]|d(1[6-9]|2[0-9]|3[01]))([^0-9]|$)' \
		-e "^(vld[1-4]|vst[1-4]|vmov\.i|vdup|vext)" && return 0
	printf '%s\n' "$code" | sed -n 's/^[^	]*	\(v[a-z]\)/\1/p' | grep -vE "^($plain|$float|$convert)(	|\$)"
}

divide() {
	printf '%s\n' "$code" | grep -E '	(sdiv|udiv)[a-z.]*	'
}

if [ "$1" = armv7 ]; then
	check "armv7, hard float" has "$attributes" 'Tag_ABI_VFP_args: VFP registers'
	check "VFPv3-D16" has "$attributes" 'Tag_FP_arch: VFPv3-D16'
	check "no NEON by its attributes" not has "$attributes" 'Tag_Advanced_SIMD_arch'
	check "no divide by its attributes" not has "$attributes" 'Tag_DIV_use: Allowed'
	check "no NEON instruction" not neon
	check "no divide instruction" not divide
fi
echo "$size bytes"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
