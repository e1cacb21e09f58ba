# Make a file system of parts of this one, and run a program in it:
# unshare.sh SIZE ROOT PYTHON PATH... -- PROGRAM...
#
# It is the first process of new user, mount, process and network namespaces. A PATH is readable, one
# that ends in ":" writable; those come last. All else together, such as /tmp, holds SIZE bytes at
# most.
set -eu
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin

add() { # add PATH: show it below the new root
    if [ -e "$root$1" ]; then
        :
    elif [ -d "$1" ]; then
        mkdir -p "$root$1"
    else
        mkdir -p "$root$(dirname "$1")"
        : >"$root$1"
    fi
    mount --rbind "$1" "$root$1"
}

# Options that a mount had before cannot be taken away in a user namespace: they have to be repeated.
forbid_writing() { # to all mounts below the new root, which also come with the added ones
    while read -r _ _ _ _ target options _; do
        case "$target" in
            "$root"/*) mount -o "remount,bind,ro,${options#r?,}" "$(printf %b "$target")" ;;
        esac
    done </proc/self/mountinfo
}

size=$1 root=$2/.rehearsal python=$3
"$python" -I "$(dirname "$0")/loopback.py"
mount --make-rprivate /
mount -t tmpfs tmpfs "$2" # hides mounts there
mkdir "$root"
shift 3
mount -t tmpfs -o "size=$size,nr_inodes=200000" tmpfs "$root"
while [ "$1" = "${1%:}" ] && [ "$1" != -- ]; do
    add "$1"
    shift
done
forbid_writing
while [ "$1" != -- ]; do
    add "${1%:}"
    shift
done
shift
mkdir -p "$root/proc" "$root/dev/pts" "$root/dev/shm" "$root/tmp" "$root/.old"
mount -t proc proc "$root/proc"
for device in null zero full random urandom; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
pivot_root "$root" "$root/.old"
cd /
umount -l /.old
rmdir /.old
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
