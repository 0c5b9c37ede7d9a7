# serve starts a server that prints its URL, and sets url to it once it answers.
pids=()
trap '((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true' EXIT
serve() {
	local name=$1 log=$parts/$1.log
	shift
	: >"$log"
	"$@" >>"$log" 2>&1 &
	pids+=($!)
	for _ in {1..150}; do
		if [[ $(<"$log") =~ http://127\.0\.0\.1:([0-9]+) ]] &&
			(exec 3<>"/dev/tcp/127.0.0.1/${BASH_REMATCH[1]}") 2>/dev/null; then
			url=${BASH_REMATCH[0]}
			return
		fi
		kill -0 $! 2>/dev/null || break
		sleep 0.2
	done
	printf '%s did not start:\n' "$name" >&2
	cat "$log" >&2
	exit 1
}
