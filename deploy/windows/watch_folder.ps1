<#
.SYNOPSIS
Makes a scheduled task that sends the images of a folder to skyrmlive, or removes it.

.DESCRIPTION
The task runs with or without anybody logged on. Every minute Windows starts it unless it is running,
so that it comes back after a failure and after a restart of the computer. Run this script in a
PowerShell that was opened as administrator.

.EXAMPLE
.\watch_folder.ps1 -Folder D:\frames -Address tcp://192.168.1.10:5555 -Options "--pixel-size-nm 3"

.EXAMPLE
.\watch_folder.ps1 -Remove
#>
[CmdletBinding(DefaultParameterSetName = 'Make')]
param(
    [Parameter(Mandatory, ParameterSetName = 'Make')] [string] $Folder,
    [Parameter(Mandatory, ParameterSetName = 'Make')] [string] $Address,
    [Parameter(ParameterSetName = 'Make')] [string] $Options = '',
    [Parameter(ParameterSetName = 'Make')]
    [string] $Program = 'C:\skyrmlive\venv\Scripts\skyrmlive.exe',
    [Parameter(Mandatory, ParameterSetName = 'Remove')] [switch] $Remove,
    [string] $Name = 'skyrmlive watch'
)
$ErrorActionPreference = 'Stop'

if ($Remove) {
    Stop-ScheduledTask -TaskName $Name
    Unregister-ScheduledTask -TaskName $Name -Confirm:$false
    Write-Output "The task '$Name' is removed."
    exit 0
}
if (-not (Test-Path -LiteralPath $Folder -PathType Container)) {
    throw "$Folder is not a folder."
}
if (-not (Test-Path -LiteralPath $Program -PathType Leaf)) {
    throw "$Program is not there; say where skyrmlive.exe is with -Program."
}

$sent = Join-Path $env:ProgramData 'skyrmlive\sent.txt'
$arguments = "send --watch `"$($Folder.TrimEnd('\'))`" --to $Address --remember `"$sent`" $Options"
$action = New-ScheduledTaskAction -Execute $Program -Argument $arguments.Trim()
$everyMinute = New-ScheduledTaskTrigger -Once -At (Get-Date) `
    -RepetitionInterval (New-TimeSpan -Minutes 1)
$settings = New-ScheduledTaskSettingsSet -MultipleInstances IgnoreNew `
    -ExecutionTimeLimit ([TimeSpan]::Zero) -StartWhenAvailable `
    -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries
$account = New-ScheduledTaskPrincipal -UserId 'NT AUTHORITY\LOCAL SERVICE' `
    -LogonType ServiceAccount -RunLevel Limited
Register-ScheduledTask -TaskName $Name -Action $action -Trigger $everyMinute `
    -Settings $settings -Principal $account -Force | Out-Null
Start-ScheduledTask -TaskName $Name
Write-Output "The task '$Name' sends what appears in $Folder to $Address."
