# Make a file system of parts of this one, and run a program in it:
# unshare.sh SIZE ROOT PYTHON PATH... -- PROGRAM...
#
# It is the first process of new user, mount, process and network namespaces. A PATH is readable, one
# that ends in ":" writable. All else together, such as /tmp, holds SIZE bytes at most.
set -eu

size=$1 root=$2 python=$3
shift 3
"$python" -I "$(dirname "$0")/loopback.py"
mount -t tmpfs -o "size=$size" tmpfs "$root"
while [ "$1" != -- ]; do
    source=${1%:}
    if [ -d "$source" ]; then
        mkdir -p "$root$source"
    else
        mkdir -p "$root$(dirname "$source")"
        : >"$root$source"
    fi
    mount --rbind "$source" "$root$source"
    [ "$1" != "$source" ] || mount -o remount,bind,ro "$root$source" 2>/dev/null || true
    shift
done
shift
mkdir -p "$root/proc" "$root/dev" "$root/tmp" "$root/.old"
mount -t proc proc "$root/proc"
for device in null zero full random urandom tty; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
pivot_root "$root" "$root/.old"
cd /
umount -l /.old
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
