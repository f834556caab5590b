#!/bin/bash
# The Ansible role, linted, and played on a simulated guest over a local connection: ansible.sh > "ok ..." lines
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/guest
guest=$here/guest.sh
# shellcheck source=tests/guest/common.sh
. "$here/common.sh"
work=$root/build/ansible
dir=$work/guest

expect() { if [ "$2" = "$3" ]; then echo "ok ansible: $1"; else echo "not ok ansible: $1: expected '$2', got '$3'"; fi; }
# play NAME [OPTIONS]: its recap ("ok=7 changed=1 failed=0") in recap, its output in $work/out
play() {
    ansible-playbook -i "$work/inventory" "$work/play.yml" "$@" > "$work/out" 2>&1 < /dev/null
    recap=$(sed -nE 's/^guest .*(changed=[0-9]+) .*(failed=[0-9]+) .*/\1 \2/p' "$work/out")
}
# What is in the report that the role left: fact FILTER
fact() { jq -r "$1" "$work/report.json" 2> /dev/null; }
says() { if tr -s ' \n' ' ' < "$work/out" | grep -qF -- "$2"; then echo "ok ansible: $1"; else echo "not ok ansible: $1: no '$2' in: $(tail -n 12 "$work/out" | tr '\n' '|')"; fi; }

trap '"$guest" delete "$dir" 2> /dev/null; rm -rf "$work"' EXIT
"$guest" delete "$dir" 2> /dev/null
rm -rf "$work"
mkdir -p "$work"
export HOME=$work ANSIBLE_HOME=$work/home ANSIBLE_LOCAL_TEMP=$work/tmp ANSIBLE_NOCOLOR=1 ANSIBLE_RETRY_FILES_ENABLED=0 \
    ANSIBLE_ROLES_PATH=$root/packaging/ansible/roles ANSIBLE_LOCALHOST_WARNING=0 ANSIBLE_DEPRECATION_WARNINGS=0 LC_ALL=C.UTF-8 \
    ANSIBLE_PIPELINING=1

# --- lint ---
# It writes its cache where it runs.
cp -r "$root/packaging/ansible" "$work/lint"
lint() { (cd "$work/lint" && git init -q . 2> /dev/null; ansible-lint --offline --nocolor > "$work/lint.out" 2>&1); }
lint
expect 'ansible-lint, with its strictest profile' "0 " "$? $(grep -E '^[a-z-]+(\[|:) ' "$work/lint.out" | head -n 3 | tr '\n' '|')"
sed -i 's/^- name: Ask for the status$/- name: ask for the status/' "$work/lint/roles/xenpv/tasks/main.yml"
lint
expect 'which finds a name that begins small' 'name[casing]' "$(grep -o -m 1 'name\[casing\]' "$work/lint.out")"

# --- a guest, and how it is reached ---
"$guest" new "$dir" win10-x64 --testsigning || { echo "not ok ansible: no guest"; exit 1; }
make_fixtures
install_program "$dir" > /dev/null
put_packages "$dir" "$fixtures/xenproject-9.1.0"
cp "$test_manifest" "$dir/drive_c/xenpv/manifest.json"
cat > "$work/xenpv" << END
#!/bin/bash
"$guest" exec "$dir" --status "$work/status" --seconds 180 -- 'C:\\xenpv\\xenpv.exe' "\$@"
END
chmod +x "$work/xenpv"
cat > "$work/inventory" << END
guest ansible_connection=local ansible_python_interpreter=$(command -v python3)
END
cat > "$work/play.yml" << END
- hosts: guest
  gather_facts: false
  roles:
    - xenpv
  post_tasks:
    - ansible.builtin.copy:
        content: "{{ xenpv_report | to_json }}"
        dest: "$work/report.json"
        mode: "0600"
      changed_when: false
      check_mode: false
  vars:
    xenpv_runner: command
    xenpv_command: ["$work/xenpv"]
    xenpv_manifest: 'C:\\xenpv\\manifest.json'
    xenpv_options: ["--allow-unsigned-manifest"]
    xenpv_restart_command: ["$guest", "reboot", "$dir"]
    xenpv_settle_delay: 1
END

# --- present ---
play --check
expect 'check mode: something would change' 'changed=1 failed=0' "$recap"
"$work/xenpv" status --json --manifest 'C:\xenpv\manifest.json' > "$work/report.json" 2> /dev/null
expect 'and nothing has' 'not-installed' "$(fact .status.word)"
play -e '{"xenpv_manifest": "", "xenpv_options": ["--source", "nobody"]}'
expect 'no source: failed' 'changed=0 failed=1' "$recap"
says 'with its exit code' 'exit code 8'
play -e '{"xenpv_options": ["--nonsense"]}'
expect 'an option that is none: failed' 'changed=0 failed=1' "$recap"
says 'in the words of xenpv' "unknown option '--nonsense'"
play
expect 'without leave to restart: installed, and it waits' 'changed=1 failed=0 needs-restart' "$recap $(fact .status.word)"
play -e xenpv_restart=true
expect 'with leave to restart: restarted once, and confirmed by the service' 'changed=1 failed=0 installed' "$recap $(fact .journal.state)"
play -e xenpv_restart=true
expect 'again: nothing changes' 'changed=0 failed=0' "$recap"
play -e xenpv_state=perhaps
expect 'a state that is none: failed' 'changed=0 failed=1' "$recap"
says 'by the argument specification' 'value of xenpv_state must be one of'

# --- absent ---
play -e xenpv_state=absent --check
expect 'check mode of a removal: something would change' 'changed=1 failed=0' "$recap"
play -e xenpv_state=absent -e xenpv_restart=true
expect 'removed, with the restart that it needs' 'changed=2 failed=0 removed' "$recap $(fact .journal.state)"
play -e xenpv_state=absent -e xenpv_restart=true
expect 'and again: nothing changes' 'changed=0 failed=0 not-installed' "$recap $(fact .status.word)"
