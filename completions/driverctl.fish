# SPDX-License-Identifier: LGPL-2.1-or-later
# fish completion for driverctl.

# The words before the cursor without the options: the command and its arguments.
function __driverctl_arguments
    set --local value 0
    for word in (commandline -opc)[2..-1]
        if test $value = 1
            set value 0
        else if contains -- $word -b --bus --timeout --color --vfio-variant
            set value 1
        else if not string match --quiet -- '-*' $word
            echo $word
        end
    end
end

function __driverctl_bus
    set --local bus pci
    set --query SUBSYSTEM; and test -n "$SUBSYSTEM"; and set bus $SUBSYSTEM
    set --local words (commandline -opc)[2..-1]
    while set --query words[1]
        switch $words[1]
            case -b --bus
                set --query words[2]; and set bus $words[2]
            case '--bus=*'
                set bus (string replace -- --bus= '' $words[1])
            case '-b*'
                set bus (string replace -- -b '' $words[1])
        end
        set --erase words[1]
    end
    echo $bus
end

# Whether the command is one of these.
function __driverctl_command_is
    set --local given (__driverctl_arguments)
    set --query given[1]; and contains -- $given[1] $argv
end

# Whether as many arguments are there, the command left out.
function __driverctl_has_arguments
    test (math (count (__driverctl_arguments)) - 1) -ge $argv[1]
end

# The names in these lists, with their drivers as descriptions.
function __driverctl_ask
    set --local bus (__driverctl_bus)
    # Where root's commands are is not in everybody's PATH.
    set --local --export PATH $PATH /usr/sbin /sbin
    for command in $argv
        command driverctl -b $bus $command 2>/dev/null
    end | string replace ' ' \t
end

# Whether the driver is given by an option.
function __driverctl_has_variant
    string match --quiet --regex -- '^--(best-vfio|vfio-variant)' (commandline -opc)
end

# Whether every device is meant.
function __driverctl_has_all
    contains -- --all (commandline -opc)
end

# The modules that are for the first device, then all drivers of the bus.
function __driverctl_drivers
    set --local arguments (__driverctl_arguments)
    set --local --export PATH $PATH /usr/sbin /sbin
    command driverctl -b (__driverctl_bus) --timeout=2 show $arguments[2] 2>/dev/null |
        sed -n 's/ ([^()]*)//g; s/; a tie .*//; s/, then /, /g
            s/^  native  *//p; s/^  best VFIO  *//p' | tr -d ' ' | tr , '\n' |
        sed -n '/^[A-Za-z0-9_-]*$/{/^none$/!p;}'
    path basename -- /sys/bus/(__driverctl_bus)/drivers/*
    echo none
end

set --local none 'not __driverctl_has_arguments 0'
set --local load "$none; or __driverctl_command_is load-override"
set --local all "$load; or __driverctl_command_is unset-override"

complete -c driverctl -f
complete -c driverctl -s b -l bus -x -a '(path basename -- /sys/bus/*)' -d 'Bus of the devices'
complete -c driverctl -s v -l verbose -d 'Say what is done, list models'
complete -c driverctl -l debug -d 'Say what is done, list models'
complete -c driverctl -l noprobe -d 'Bind no driver'
complete -c driverctl -l nosave -d 'For now only'
complete -c driverctl -l best-vfio -d 'Set the best VFIO driver'
complete -c driverctl -l vfio-variant -x -d 'Take this VFIO driver' \
    -a 'auto generic (path basename -- /sys/bus/(__driverctl_bus)/drivers/*)'
complete -c driverctl -l iommu-group -d 'Change the whole IOMMU group, or nothing'
complete -c driverctl -l match -x -a 'bus= id= class= name= path= vf-of= vf= modalias= except=' \
    -d 'What a rule matches'
complete -c driverctl -l dry-run -d 'Print what would be done'
complete -c driverctl -l save-only -d 'Change what is saved, not the device'
complete -c driverctl -l json -d 'Print JSON'
complete -c driverctl -n $all -l all -d 'Apply every saved override'
complete -c driverctl -n $load -l early -d 'Only set driver_override, with --all'
complete -c driverctl -l force -d 'Go on where it would be refused'
complete -c driverctl -l color -x -a 'auto always never' -d 'Use colour'
complete -c driverctl -l timeout -x -d 'Give up waiting after these seconds'
complete -c driverctl -s h -l help -d 'Print the help'
complete -c driverctl -s V -l version -d 'Print the version'

complete -c driverctl -n $none -a best-vfio -d 'Print the module of the best VFIO driver'
complete -c driverctl -n $none -a set-override -d 'Bind to a driver, and save that'
complete -c driverctl -n $none -a unset-override -d 'Give back to the native driver'
complete -c driverctl -n $none -a load-override -d 'Apply the saved override'
complete -c driverctl -n $none -a list-devices -d 'List devices and their drivers'
complete -c driverctl -n $none -a list-overrides -d 'List overridden devices'
complete -c driverctl -n $none -a list-persisted -d 'List saved overrides'
complete -c driverctl -n $none -a set-rule -d 'Save a rule, and apply it'
complete -c driverctl -n $none -a unset-rule -d 'Remove a rule, and give its devices back'
complete -c driverctl -n $none -a list-rules -d 'List rules and their drivers'
complete -c driverctl -n $none -a list-groups -d 'List IOMMU groups and their devices'
complete -c driverctl -n $none -a check -d 'Test whether what is wanted is in effect'
complete -c driverctl -n $none -a show -d 'Show a device in full'
complete -c driverctl -n $none -a help -d 'Print the help of a command'
complete -c driverctl -n '__driverctl_command_is help; and not __driverctl_has_arguments 1' \
    -a 'best-vfio set-override unset-override load-override set-rule unset-rule list-devices list-overrides list-persisted list-rules
        show export-store'
complete -c driverctl -n $none -a export-store -d 'Copy the saved overrides for an initramfs'

complete -c driverctl -n '__driverctl_command_is best-vfio set-override show check' \
    -a '(__driverctl_ask list-devices)'
complete -c driverctl -n '__driverctl_command_is load-override; and not __driverctl_has_all' \
    -a '(__driverctl_ask list-devices)'
complete -c driverctl \
    -n '__driverctl_command_is export-store; and not __driverctl_has_arguments 1' \
    -a '(__fish_complete_directories)'
complete -c driverctl -n '__driverctl_command_is set-override; and __driverctl_has_arguments 1
        and not __driverctl_has_variant' -a '(__driverctl_drivers)' -d Driver
complete -c driverctl \
    -n '__driverctl_command_is set-rule unset-rule; and not __driverctl_has_arguments 1' \
    -a '(path basename -- /etc/driverctl.d/rules/*.rule 2>/dev/null | path change-extension "")'
complete -c driverctl -n '__driverctl_command_is set-rule; and __driverctl_has_arguments 1
        and not __driverctl_has_arguments 2; and not __driverctl_has_variant' \
    -a '(path basename -- /sys/bus/(__driverctl_bus)/drivers/* 2>/dev/null) none native' -d Driver
complete -c driverctl -n '__driverctl_command_is unset-override; and not __driverctl_has_all' \
    -a '(__driverctl_ask list-overrides list-persisted)'
complete -c driverctl \
    -n '__driverctl_command_is list-devices list-overrides list-groups; and not __driverctl_has_arguments 1' \
    -a 'all storage network display multimedia memory bridge communication system input docking
        processor serial wireless encryption signal accelerator gpu nic nvme audio usb' -d Class
