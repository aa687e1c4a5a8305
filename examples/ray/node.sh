#!/bin/sh
# One machine of a Ray cluster for Proofbox. On the first one:   ./node.sh head 10.0.0.5
# On every other one, with the same token file:                  ./node.sh join 10.0.0.5:6379
# What follows goes to 'ray start', as --num-cpus 8. It runs until it is ended (Ctrl-C, or a service that is stopped).
set -eu
role=${1:?head ADDRESS, or join ADDRESS:PORT}
address=${2:?the address of the first machine, as the others reach it}
shift 2

# Whoever may speak to a cluster may run programs on it. Without the token nobody may.
export RAY_AUTH_MODE=token
export RAY_AUTH_TOKEN_PATH="${RAY_AUTH_TOKEN_PATH:-$HOME/.ray/auth_token}"
if [ ! -s "$RAY_AUTH_TOKEN_PATH" ]; then
    echo "node.sh: $RAY_AUTH_TOKEN_PATH: no token; 'ray get-auth-token --generate' makes one, copy it to every machine" >&2
    exit 2
fi
# Ray tells its makers how it is used, unless it is told not to.
export RAY_USAGE_STATS_ENABLED=0

# Ports that are always the same, so that a firewall can let the machines of the cluster through, and nobody else.
first=${PROOFBOX_RAY_PORTS:-6380}
set -- --node-manager-port "$first" --object-manager-port $((first + 1)) --dashboard-agent-grpc-port $((first + 2)) \
    --dashboard-agent-listen-port $((first + 3)) --runtime-env-agent-port $((first + 4)) \
    --metrics-export-port $((first + 5)) \
    --min-worker-port $((first + 10)) --max-worker-port $((first + 109)) --disable-usage-stats --block "$@"

# RAY is another way to call it, as 'python -m ray.scripts.scripts'.
# shellcheck disable=SC2086
case $role in
    head) exec ${RAY:-ray} start --head --node-ip-address "$address" --port 6379 --include-dashboard false "$@" ;;
    join) exec ${RAY:-ray} start --address "$address" "$@" ;;
    *) echo "node.sh: got $role, expected head or join" >&2; exit 2 ;;
esac
