# bash completion of cdo: source <(cdo completion bash)
_cdo() {
	local cur=${COMP_WORDS[COMP_CWORD]} words=
	if [ "$COMP_CWORD" -eq 1 ]; then
		words='new attach detach ls info capture logs export play stop restart clear rename label server pair devices relay config doctor completion help'
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
		return
	fi
	case ${COMP_WORDS[1]} in
	new|n)
		case $cur in
		-*) words=' -d --detached -n --name -A --again -C --directory -e --env -l --label -s --size --share --no-persist --restart --no-record --json -H --host -h --help' ;;
		*) words=$(cdo config show 2>/dev/null | sed -n "s/^.agent \(.*\)./\1/p")'' ;;
		esac ;;
	attach|a)
		case $cur in
		-*) words=' -r --read-only -x --exclusive --detach-keys --switch -H --host -h --help' ;;
		*) words=$(cdo ls -q 2>/dev/null)'' ;;
		esac ;;
	detach)
		case $cur in
		-*) words=' --client -H --host -h --help' ;;
		*) words=$(cdo ls -q 2>/dev/null)'' ;;
		esac ;;
	ls|list)
		case $cur in
		-*) words=' -r --running -q --quiet -w --watch -l --label --status --all-hosts --json -H --host -h --help' ;;
		*) words='' ;;
		esac ;;
	info)
		case $cur in
		-*) words=' --json -H --host -h --help' ;;
		*) words=$(cdo ls -q 2>/dev/null)'' ;;
		esac ;;
	capture)
		case $cur in
		-*) words=' --history --ansi --json -H --host -h --help' ;;
		*) words=$(cdo ls -q 2>/dev/null)'' ;;
		esac ;;
	logs)
		case $cur in
		-*) words=' -f --follow -n --lines --since --raw --plain -H --host -h --help' ;;
		*) words=$(cdo ls -q 2>/dev/null)'' ;;
		esac ;;
	export)
		case $cur in
		-*) words=' -o --output --format --idle-limit -H --host -h --help' ;;
		*) words=$(cdo ls -q 2>/dev/null)'' ;;
		esac ;;
	play)
		case $cur in
		-*) words=' -s --speed -i --idle-limit -H --host -h --help' ;;
		*) words=$(cdo ls -q 2>/dev/null)'' ;;
		esac ;;
	stop|kill)
		case $cur in
		-*) words=' --all -y --yes -s --signal --grace -H --host -h --help' ;;
		*) words=$(cdo ls -q 2>/dev/null)'' ;;
		esac ;;
	restart)
		case $cur in
		-*) words=' -a --attach --all --lost -y --yes -H --host -h --help' ;;
		*) words=$(cdo ls -q 2>/dev/null)'' ;;
		esac ;;
	clear)
		case $cur in
		-*) words=' -o --older-than -H --host -h --help' ;;
		*) words=$(cdo ls -q 2>/dev/null)'' ;;
		esac ;;
	rename)
		case $cur in
		-*) words=' -H --host -h --help' ;;
		*) words=$(cdo ls -q 2>/dev/null)'' ;;
		esac ;;
	label)
		case $cur in
		-*) words=' -H --host -h --help' ;;
		*) words=$(cdo ls -q 2>/dev/null)'' ;;
		esac ;;
	server)
		case $cur in
		-*) words=' --sessions -y --yes --json --foreground -H --host -h --help' ;;
		*) words='start stop restart status reload' ;;
		esac ;;
	pair)
		case $cur in
		-*) words=' --listen --role --via --name --timeout --code-fd -h --help' ;;
		*) words='' ;;
		esac ;;
	devices)
		case $cur in
		-*) words=' --json --direction -h --help' ;;
		*) words='' ;;
		esac ;;
	relay)
		case $cur in
		-*) words=' --stdio --listen --allow -h --help' ;;
		*) words='' ;;
		esac ;;
	config)
		case $cur in
		-*) words=' --json -h --help' ;;
		*) words='check path show' ;;
		esac ;;
	doctor)
		case $cur in
		-*) words=' --json --prove -h --help' ;;
		*) words='' ;;
		esac ;;
	completion)
		case $cur in
		-*) words=' -h --help' ;;
		*) words='bash zsh fish' ;;
		esac ;;
	help)
		case $cur in
		-*) words=' -h --help' ;;
		*) words='new attach detach ls info capture logs export play stop restart clear rename label server pair devices relay config doctor completion help' ;;
		esac ;;
	esac
	COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _cdo cdo
