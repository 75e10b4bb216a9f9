#!/usr/bin/env bash
# A SLURM cluster of one node, on this machine, for tests. All its state lies in one folder.
#
#   cluster.sh check         can it be started here? If not: why, and exit code 3
#   cluster.sh start FOLDER  start it and wait until the node is idle; FOLDER is made, or empty
#   cluster.sh stop FOLDER   cancel its jobs, end its daemons, forget its configuration
#
# It runs as root, without accounting. The one file outside of FOLDER is a link to its
# configuration, where SLURM looks for it: jobs see no SLURM_CONF, so nothing else would do.
set -euo pipefail
unset SLURM_CONF

default=/etc/slurm/slurm.conf
daemons=(slurmd slurmctld munged)  # in the order in which they end
seconds=30                         # to start, and to end

fail() {
    echo "cluster.sh: $1" >&2
    exit "${2:-1}"
}

refuse() { fail "$1" 3; }

check() {
    local name
    for name in "${daemons[@]}" sbatch scancel sinfo squeue; do
        command -v "$name" > /dev/null || refuse "$name is missing. On Debian and Ubuntu, as root: \
apt-get update && apt-get install -y --no-install-recommends slurm-wlm munge"
    done
    [ "$(id -u)" = 0 ] || refuse "it runs as root only, because jobs and daemons share a user"
    if [ -L "$default" ]; then
        refuse "$default is a link to $(readlink "$default"). If that is a cluster of an earlier \
test: $0 stop $(dirname "$(readlink "$default")")"
    fi
    [ ! -e "$default" ] || refuse "$default is there, so this machine has a SLURM of its own"
    [ -d "$(dirname "$default")" ] || refuse "this SLURM does not look for its configuration in \
$(dirname "$default"), where its Debian packages do"
}

configure() {
    local node cpus memory
    node=$(hostname -s)
    cpus=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc)  # nproc believes them
    memory=$(awk '/^MemTotal/ {print int($2 * 0.9 / 1024)}' /proc/meminfo)
    mkdir -p "$folder/run"
    (umask 277 && head -c 1024 /dev/urandom > "$folder/munge.key")
    # Without RealMemory no job may ask for memory; `squeue` knows ended jobs for MinJobAge seconds.
    cat > "$folder/slurm.conf" << EOF
ClusterName=test
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
AuthInfo=socket=$folder/run/munged.sock
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
MinJobAge=86400
SchedulerParameters=sched_interval=2,batch_sched_delay=0,bf_interval=2
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
NodeName=$node NodeAddr=127.0.0.1 CPUs=$cpus RealMemory=$memory State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
EOF
}

# Until a command succeeds; fails if that takes too long.
wait_until() {
    local end=$((SECONDS + seconds))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

# Without a path to the configuration, so that it also shows that the link is where SLURM looks.
is_idle() { [ "$(timeout 5 sinfo -h -o %T 2> /dev/null)" = idle ]; }

has_no_jobs() { [ -z "$(timeout 5 squeue -h 2> /dev/null)" ]; }

has_ended() { ! kill -0 "$1" 2> /dev/null; }

start() {
    check
    mkdir -p "$folder"
    [ -z "$(ls -A "$folder")" ] || fail "$folder is not empty"
    trap stop EXIT
    configure
    ln -s "$folder/slurm.conf" "$default"
    munged --force --key-file="$folder/munge.key" --socket="$folder/run/munged.sock" \
        --pid-file="$folder/run/munged.pid" --log-file="$folder/munged.log" \
        --seed-file="$folder/munge.seed"
    slurmctld -f "$folder/slurm.conf"
    slurmd -f "$folder/slurm.conf"
    if ! wait_until is_idle; then
        tail -n 5 "$folder"/*.log >&2
        fail "the node is not idle after $seconds s; see the logs above, all are in $folder"
    fi
    trap - EXIT
}

stop() {
    local name pid
    if [ "$(readlink "$default")" = "$folder/slurm.conf" ]; then
        if [ -e "$default" ]; then
            timeout 10 squeue -h -o %A 2> /dev/null | xargs -r timeout 10 scancel || true
            wait_until has_no_jobs || true
        fi
        rm "$default"
    fi
    for name in "${daemons[@]}"; do
        [ -s "$folder/run/$name.pid" ] || continue
        pid=$(< "$folder/run/$name.pid")
        [ "$(ps -o comm= -p "$pid")" = "$name" ] || continue  # ended, and its number is another's
        kill "$pid"
        wait_until has_ended "$pid" || kill -9 "$pid"
    done
}

case "${1:-} $#" in
    "check 1") check ;;
    "start 2" | "stop 2")
        folder=$(realpath -m "$2")
        "$1"
        ;;
    *) fail "usage: cluster.sh check | start FOLDER | stop FOLDER" 2 ;;
esac
