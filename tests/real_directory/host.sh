# The first process of a machine of the tests: makes everything private, says its process id, and lives until its
# standard input closes. That happens when the tests end, however they end; and with the first process the kernel ends
# all others of the machine.
set -eu
name=$1 resolver=$2

# The id as the tests know it: /proc is still the one outside.
read -r pid _ </proc/self/stat

mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs -o mode=755 machine /mnt
mkdir -p /mnt/run /mnt/etc
cp -a /etc/. /mnt/etc
for folder in /etc /run; do mount --bind "/mnt$folder" "$folder"; done
for folder in /var/lib/samba /var/cache/samba /var/log/samba; do
    mkdir -p "/mnt$folder"
    mount --bind "/mnt$folder" "$folder"
done
mkdir -p /run/samba /run/lock /var/lib/samba/private

hostname "$name"
# Removed first, because on some systems these are links.
cd /etc
rm -rf resolv.conf hosts hostname nsswitch.conf krb5.conf samba
mkdir samba
echo "nameserver $resolver" >resolv.conf
echo '127.0.0.1 localhost' >hosts
echo "$name" >hostname
printf '%s\n' 'passwd: files' 'group: files' 'hosts: files dns' >nsswitch.conf
printf '[libdefaults]\ndns_lookup_realm = false\ndns_lookup_kdc = true\n' >krb5.conf
ip link set lo up

# Reads to the end of the standard input, which the tests hold open. Not in this shell itself: waiting is what lets it
# collect the ended processes that the kernel hands to the first one. Through another descriptor, because a program in
# the background gets an empty standard input.
exec 3<&0
cat <&3 >/dev/null &
echo $! >/run/keeper

echo "$pid"
wait
